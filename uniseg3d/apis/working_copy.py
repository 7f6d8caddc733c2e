"""What a network sees of a cloud of any density: as many points as it was trained with, in superpoints."""

from dataclasses import dataclass, replace

import numpy as np

from uniseg3d.apis.own_cloud import OwnCloud
from uniseg3d.apis.superpoints import SuperpointOptions, compute_superpoints
from uniseg3d.geometry.thinning import Cells, occupied_cells
from uniseg3d.io.raw_cloud import RawCloud
from uniseg3d.superpoints import relabel

DENSE = 2.0  # points per cell from which a cloud is thinned
MOST_MESH_POINTS = 4_000_000  # larger meshes are cut as clouds, which takes a fraction of the memory


@dataclass
class WorkingCopy:
    """n points that stand for N."""

    xyz: np.ndarray  # [n, 3] float32
    color: np.ndarray  # [n, 3] float32, 0..255
    superpoints: np.ndarray  # [n] int64, 0..M-1
    row_of_point: np.ndarray | None  # [N] int32, which of the n stands for each point; None = they are the same

    def on_points(self) -> np.ndarray:
        """Superpoint of each of the N points, [N] int32."""
        ids = self.superpoints.astype(np.int32)
        return ids if self.row_of_point is None else ids[self.row_of_point]


def make_working_copy(
    cloud: OwnCloud, spacing: float, cells: Cells, options: SuperpointOptions, superpoints: np.ndarray | None = None
) -> WorkingCopy:
    """Thin ``cloud`` to one point per ``spacing`` metres, if it is denser, and cut it into superpoints.

    ``cells``: those of that size that it occupies. ``superpoints`` [N]: ids from elsewhere, any integers, for made ones.
    """
    if superpoints is None and _by_mesh(cloud, options):
        # of a denser mesh, superpoints of the same size have more vertices
        finer = replace(
            options, method='mesh', min_vertices=round(options.min_vertices * max(1.0, len(cloud) / len(cells) / DENSE))
        )
        superpoints = compute_superpoints(RawCloud(cloud.xyz, cloud.color, None, cloud.faces), finer)[0]
    if superpoints is not None:
        ids = relabel(superpoints)
        if not is_dense(cloud, cells):
            return WorkingCopy(cloud.xyz, cloud.color.astype(np.float32), ids, None)
        cells = occupied_cells(cloud.xyz, spacing, ids)
        return WorkingCopy(cells.mean(cloud.xyz), cells.mean(cloud.color), ids[cells.first()], cells.of_point)
    thin = is_dense(cloud, cells)
    xyz = cells.mean(cloud.xyz) if thin else cloud.xyz
    color = cells.mean(cloud.color) if thin else cloud.color.astype(np.float32)
    ids = compute_superpoints(RawCloud(xyz, color), replace(options, method='cloud'))[0]
    return WorkingCopy(xyz, color, ids, cells.of_point if thin else None)


def is_dense(cloud: OwnCloud, cells: Cells) -> bool:
    """Whether the cloud is thinned."""
    return len(cloud) >= DENSE * len(cells)


def _by_mesh(cloud: OwnCloud, options: SuperpointOptions) -> bool:
    if options.method == 'auto':
        return cloud.faces is not None and len(cloud) <= MOST_MESH_POINTS
    return options.method == 'mesh'
