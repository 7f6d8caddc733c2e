"""Views of ScanNet++ with depth and panoptic labels: what PanSt3R learns from.

::

    <out>/<scene>/images/*.jpg, depth/*.png, panoptic/*.png, panoptic_vis/*.png, segments.json, scene_metadata.npz
    <out>/categories.json, all_metadata.npz
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from uniseg3d.datasets.preparation.create_data import CreatedData
from uniseg3d.datasets.preparation.faults import Fault
from uniseg3d.datasets.preparation.scannetpp import SPLITS, mesh_path, read_groups, read_mesh, read_segments
from uniseg3d.datasets.preparation.scannetpp_cameras import Photo, read_photos, undistorted
from uniseg3d.datasets.preparation.scannetpp_labels import PanopticClasses, VertexLabels, label_vertices
from uniseg3d.datasets.preparation.view_pairs import covered_cells, make_pairs, overlaps
from uniseg3d.io.arrays import read_npz_arrays, write_npz
from uniseg3d.io.id_images import write_ids
from uniseg3d.io.images import write_jpeg, write_png
from uniseg3d.rooms.raster import rasterize
from uniseg3d.utils.errors import DataError, UniSeg3DError
from uniseg3d.utils.files import write_text
from uniseg3d.utils.parallel import run_jobs

FAR = 20.0  # metres
LEAST_PIXELS = 50  # of an id in a picture
TABLE, ALL_TABLE, CATEGORIES = 'scene_metadata.npz', 'all_metadata.npz', 'categories.json'
_SMALL = 64  # pixels across: enough to tell which images show the same surfaces


@dataclass(frozen=True)
class ViewOptions:
    """How views are made."""

    classes: PanopticClasses
    pairs: Path | None = None  # folder of <scene>/selected_pairs.npz; None = pairs are made from what the images show
    width: int = 920  # pixels that images cover, and three quarters as many down
    separator: int = 256  # ids are instance * separator + class
    every: int = 1  # without given pairs: use every so many images
    workers: int = 1


@dataclass(frozen=True)
class _SceneJob:
    name: str
    folder: Path  # of the raw scene
    out: Path
    options: ViewOptions


class _Mesh(NamedTuple):
    vertices: np.ndarray  # [N, 3]
    faces: np.ndarray  # [F, 3]

    def render(self, intrinsics: np.ndarray, pose: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        """Depth [H, W], 0 where nothing is near enough, and the face that is seen, -1 there."""
        depth, face = (images[0] for images in rasterize(self.vertices, self.faces, intrinsics, pose[None], size))
        near = (depth > 0) & (depth <= FAR)
        return np.where(near, depth, 0), np.where(near, face, -1)


@dataclass
class _Rendered:
    """What is kept of the views of a scene until its table is written."""

    names: list[str] = field(default_factory=list)
    intrinsics: list[np.ndarray] = field(default_factory=list)
    poses: list[np.ndarray] = field(default_factory=list)


def create_scannetpp_views(root: Path, out: Path, scenes: Sequence[str], options: ViewOptions) -> CreatedData:
    """Make the views of ``scenes`` below ``root/data``; finished scenes are kept, and those that fail are named."""
    made = CreatedData()
    write_text(out / CATEGORIES, json.dumps(options.classes.categories(), indent=1))
    jobs = [_SceneJob(name, root / 'data' / name, out / name, options) for name in scenes]
    results = run_jobs(_scene_or_fault, jobs, options.workers, 'rendering views')
    made.faults += [result for result in results if isinstance(result, Fault)]
    done = [name for name in scenes if (out / name / TABLE).exists()]
    if not done:
        raise DataError(f'none of {len(scenes)} scenes could be prepared; the first reason: {made.faults[0].reason}')
    write_npz(out / ALL_TABLE, **_merged([(name, read_npz_arrays(out / name / TABLE)) for name in done], options.separator))
    made.info_files.append(out / ALL_TABLE)
    print(f'{out / ALL_TABLE}: {len(done)} scenes')
    return made


def scene_names(root: Path) -> list[str]:
    """Scenes of the lists for training and validation that are there."""
    listed = [root / 'splits' / SPLITS[split] for split in ('train', 'val')]
    names = [line for path in listed if path.exists() for line in path.read_text(encoding='utf-8').split()]
    there = [name for name in names if mesh_path(root / 'data' / name).exists()]
    if not there:
        raise DataError(
            f'{root / "data"} has none of the {len(names)} scenes of {root / "splits"}; download the data set there'
        )
    return there


def _scene_or_fault(job: _SceneJob) -> Fault | None:
    if (job.out / TABLE).exists():
        return None
    try:
        _make_scene(job)
    except (UniSeg3DError, OSError, ValueError) as error:
        return Fault(job.name, str(error))
    return None


def _make_scene(job: _SceneJob) -> None:
    scan = read_mesh(job.folder)
    if scan.faces is None:
        raise DataError(f'{mesh_path(job.folder)} has no faces; download the mesh again')
    mesh = _Mesh(scan.xyz, scan.faces)
    segments = read_segments(job.folder / 'scans' / 'segments.json', len(scan.xyz))
    labels = label_vertices(
        read_groups(job.folder / 'scans' / 'segments_anno.json'), segments, job.options.classes, job.options.separator
    )
    photos, pairs = _selection(job, read_photos(job.folder), mesh)
    rendered = _Rendered()
    for photo in photos:
        _make_view(job, photo, mesh, labels, rendered)
    write_text(job.out / 'segments.json', json.dumps(labels.segments))
    # last: a scene with a table is complete
    write_npz(
        job.out / TABLE,
        images=np.array([f'{name}.jpg' for name in rendered.names]),
        trajectories=np.stack(rendered.poses).astype(np.float32),
        intrinsics=np.stack(rendered.intrinsics).astype(np.float32),
        pairs=pairs,
        cls_sep=np.array(job.options.separator),
    )


def _selection(job: _SceneJob, photos: dict[str, Photo], mesh: _Mesh) -> tuple[list[Photo], np.ndarray]:
    """Photos to use, and pairs [P, 3] of their places with a score."""
    if job.options.pairs is None:
        chosen = [photos[name] for name in sorted(photos)][:: job.options.every]
        return chosen, _found_pairs(chosen, mesh)
    path = job.options.pairs / job.name / 'selected_pairs.npz'
    arrays = read_npz_arrays(path)
    if missing := {'selection', 'pairs'} - set(arrays):
        raise DataError(f'{path} lacks {", ".join(sorted(missing))}')
    names = [str(name) for name in arrays['selection']]
    known = np.array([name in photos for name in names], bool)
    place = np.where(known, known.cumsum() - 1, -1)  # of each selected name among those that COLMAP placed
    pairs = arrays['pairs'].reshape(-1, arrays['pairs'].shape[-1] if arrays['pairs'].ndim > 1 else 3)
    ends = place[pairs[:, :2].astype(np.int64)]
    kept = (ends >= 0).all(1)
    score = pairs[:, 2] if pairs.shape[1] > 2 else np.ones(len(pairs))
    return [photos[name] for name in names if name in photos], np.column_stack([ends, score])[kept].astype(np.float64)


def _found_pairs(photos: Sequence[Photo], mesh: _Mesh) -> np.ndarray:
    cameras, depths = [], []
    for photo in photos:
        scale = _SMALL / photo.lens.width
        camera = np.diag([scale, scale, 1]) @ photo.lens.pinhole()
        size = (round(photo.lens.height * scale), _SMALL)
        depths.append(mesh.render(camera, photo.camera_to_world, size)[0])
        cameras.append(camera)
    if len({depth.shape for depth in depths}) > 1:  # two recordings of other shapes: compare what both can hold
        height = max(depth.shape[0] for depth in depths)
        depths = [np.pad(depth, ((0, height - depth.shape[0]), (0, 0))) for depth in depths]
    poses = np.stack([photo.camera_to_world for photo in photos])
    return make_pairs(overlaps(covered_cells(np.stack(depths), np.stack(cameras), poses)))


def _make_view(job: _SceneJob, photo: Photo, mesh: _Mesh, labels: VertexLabels, rendered: _Rendered) -> None:
    view = undistorted(photo, job.options.width)
    valid = view.maps['valid']
    depth, face = mesh.render(view.intrinsics, photo.camera_to_world, valid.shape)
    # a face is flat, of the label of its last vertex, as OpenGL draws it
    ids = np.where((face >= 0) & valid, labels.ids[mesh.faces[face, 2]], 0)
    ids[np.bincount(ids.ravel())[ids] < LEAST_PIXELS] = 0
    write_jpeg(job.out / 'images' / f'{photo.name}.jpg', view.image)
    write_png(job.out / 'depth' / f'{photo.name}.png', (1000 * depth * valid).round().clip(0, 65535).astype(np.uint16))
    write_ids(job.out / 'panoptic' / f'{photo.name}.png', ids)
    write_png(job.out / 'panoptic_vis' / f'{photo.name}.png', _painted(view.image, ids))
    rendered.names.append(photo.name)
    rendered.intrinsics.append(view.intrinsics)
    rendered.poses.append(photo.camera_to_world)


def _painted(image: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """The image, half covered by a colour for each id."""
    paint = np.stack([(ids * factor) % 200 + 55 for factor in (67, 131, 199)], -1)
    return np.where(ids[..., None] > 0, (image + paint) // 2, image).astype(np.uint8)


def _merged(tables: Sequence[tuple[str, dict[str, np.ndarray]]], separator: int) -> dict[str, np.ndarray]:
    """One table of all scenes; pairs count images over all of them."""
    counts = np.array([len(table['images']) for _, table in tables])
    starts = np.cumsum(counts) - counts
    shifted = [table['pairs'] + [start, start, 0] for (_, table), start in zip(tables, starts, strict=True)]
    joined = {name: np.concatenate([table[name] for _, table in tables]) for name in ('images', 'intrinsics', 'trajectories')}
    return joined | {
        'counts': counts,
        'scenes': np.array([name for name, _ in tables]),
        'sceneids': np.repeat(np.arange(len(tables)), counts),
        'pairs': np.concatenate(shifted),
        'cls_sep': np.array(separator),
    }
