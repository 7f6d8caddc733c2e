"""From a raw scan to the arrays that training needs."""

from dataclasses import dataclass, replace

import numpy as np

from uniseg3d.datasets.preparation.labels import Labels, LabelSpace, category_ids, label_vertices
from uniseg3d.io.scannet import RawScan
from uniseg3d.superpoints import CloudSuperpointOptions, cloud_superpoints, mesh_superpoints, relabel
from uniseg3d.utils.errors import DataError


@dataclass
class ExportedScan:
    """Everything stored about one scan."""

    points: np.ndarray  # [N, 6] float32: x y z in the scan frame, r g b 0..255
    superpoints: np.ndarray  # [N] int64
    labels: Labels | None
    fine_labels: np.ndarray | None = None  # [N] uint32, ScanNet200 id (the column ``id`` of the label map), 0 = none


def from_mesh(scan: RawScan) -> np.ndarray:
    """ScanNet's own superpoints: those of the mesh surface."""
    return mesh_superpoints(scan.vertices, scan.faces)


def from_cloud(scan: RawScan) -> np.ndarray:
    """Superpoints of the vertices alone, cut by normals and colours."""
    return cloud_superpoints(scan.vertices, scan.colors, FEW)


# a third as many as with the defaults, and objects lose 2 % of their IoU: every step of a network costs a third
FEW = CloudSuperpointOptions(k_threshold=0.5, color_weight=1.0, min_voxels=12)
SUPERPOINTS = {'mesh': from_mesh, 'cloud': from_cloud}


def export_scan(
    scan: RawScan, label_map: dict[str, int], space: LabelSpace, fine_map: dict[str, int], superpoints: str = 'mesh'
) -> ExportedScan:
    """Arrays of a scan; a scan without annotation gets no labels. ``superpoints`` names one of ``SUPERPOINTS``.

    ``label_map`` holds the ids of ``space``, ``fine_map`` those of ScanNet200.
    """
    known = scan.annotation
    return ExportedScan(
        points=np.concatenate([scan.vertices, scan.colors.astype(np.float32)], axis=1),
        superpoints=SUPERPOINTS[superpoints](scan),
        labels=None if known is None else label_vertices(scan.vertices, known, label_map, space),
        fine_labels=None if known is None else category_ids(known, fine_map),
    )


def subsample(scan: ExportedScan, limit: int, rng: np.random.Generator) -> ExportedScan:
    """At most ``limit`` points, drawn without replacement and kept in order; boxes stay those of the whole scan."""
    count = len(scan.points)
    if limit < 1:
        raise DataError(f'the number of points to keep must be at least 1, got {limit}')
    if count <= limit:
        return scan
    keep = np.sort(rng.choice(count, limit, replace=False))
    labels = scan.labels
    if labels is not None:
        labels = replace(labels, semantic=labels.semantic[keep], instance=labels.instance[keep])
    fine = scan.fine_labels
    return ExportedScan(scan.points[keep], relabel(scan.superpoints[keep]), labels, None if fine is None else fine[keep])
