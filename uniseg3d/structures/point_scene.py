"""A point cloud as models receive it."""

from dataclasses import dataclass

from torch import Tensor

from uniseg3d.structures.container import Container
from uniseg3d.utils.errors import DataError


@dataclass(eq=False)
class PointScene(Container):
    """N points of one scene, metres, z up."""

    scene_id: str
    xyz: Tensor  # [N, 3] float
    features: Tensor  # [N, F] float: what the encoder sees beside the position (normalised colour, ...)
    voxel_coords: Tensor | None = None  # [N, 3] float, voxel units: elastically distorted positions, voxelisation only
    rows: Tensor | None = None  # [N] int64, row of each point in its file where rows were dropped; None = all are here

    def __post_init__(self) -> None:
        self._check('xyz', (None, 3), 'float')
        if len(self) == 0:
            raise DataError(f'scene {self.scene_id}: the cloud has no points; expected at least one')
        self._check_finite('xyz')  # one NaN would make a voxel index of any size
        self._check('features', (len(self), None), 'float')
        if self.voxel_coords is not None:
            self._check('voxel_coords', (len(self), 3), 'float')
            self._check_finite('voxel_coords')
        if self.rows is not None:
            self._check('rows', (len(self),), 'index')

    def __len__(self) -> int:
        return len(self.xyz)
