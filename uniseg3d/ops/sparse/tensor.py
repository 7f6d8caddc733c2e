"""Features on voxels."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from uniseg3d.ops.sparse.level import Level
from uniseg3d.ops.sparse.window import Triple
from uniseg3d.utils.errors import DataError
from uniseg3d.utils.tensor_check import expect_tensor


@dataclass
class SparseTensor:
    """Features [V, C] of the voxels of a level, and the finer levels it came from, coarsest last."""

    features: Tensor
    level: Level
    finer: tuple[Level, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        expect_tensor(self.features, 'features', '[V, C]')
        if not isinstance(self.level, Level):
            raise DataError(f'the level is a {type(self.level).__name__}; expected a Level, or use SparseTensor.from_coords')
        shape = list(self.features.shape)
        if len(shape) != 2 or shape[0] != len(self.level) or shape[1] == 0:
            raise DataError(f'features have shape {shape}; expected [{len(self.level)}, C], one row per voxel, C at least 1')
        if not self.features.is_floating_point():
            raise DataError(f'features are {self.features.dtype}; expected a floating-point type')
        if self.features.device != self.level.device:
            raise DataError(
                f'features are on {self.features.device} and voxel coordinates on {self.level.device}; move them to one device'
            )

    @classmethod
    def from_coords(
        cls, features: Tensor, coords: Tensor, spatial_shape: Triple | list[int] | None = None, batch_size: int | None = None
    ) -> SparseTensor:
        """Features [V, C] at coords int32 [V, 4] (scene, x, y, z)."""
        return cls(features, Level(coords, spatial_shape, batch_size))

    @property
    def coords(self) -> Tensor:
        return self.level.coords

    def __len__(self) -> int:
        return len(self.level)

    def with_features(self, features: Tensor) -> SparseTensor:
        """Other features on the same voxels."""
        return replace(self, features=features)

    def morton_sorted(self) -> tuple[SparseTensor, Tensor]:
        """The same voxels in Morton order, and the place [V] of each former row, to undo it."""
        order = self.level.morton_order()
        level = Level(self.coords[order], self.level.spatial_shape, self.level.batch_size)
        place = torch.empty_like(order)
        place[order] = torch.arange(len(order), device=order.device)
        return SparseTensor(self.features[order], level), place
