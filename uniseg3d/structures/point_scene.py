"""A point cloud as models receive it."""

from dataclasses import dataclass

from torch import Tensor

from uniseg3d.structures.container import Container
from uniseg3d.utils.errors import DataError


@dataclass
class PointScene(Container):
    """N points of one scene, metres, z up."""

    scene_id: str
    xyz: Tensor  # [N, 3] float
    features: Tensor  # [N, F] float: what the encoder sees beside the position (normalised colour, ...)
    voxel_coords: Tensor | None = None  # [N, 3] float, voxel units: elastically distorted positions, voxelisation only
    rows: Tensor | None = None  # [N] int64, row of each point in its file where rows were dropped; None = all are here

    def __post_init__(self) -> None:
        if self.xyz.ndim and len(self.xyz) == 0:
            raise DataError(f'scene {self.scene_id}: the cloud has no points; expected at least one')
        self._check('xyz', (None, 3), integer=False)
        self._check('features', (len(self), None), integer=False)
        if self.voxel_coords is not None:
            self._check('voxel_coords', (len(self), 3), integer=False)
        if self.rows is not None:
            self._check('rows', (len(self),), integer=True)

    def __len__(self) -> int:
        return len(self.xyz)
