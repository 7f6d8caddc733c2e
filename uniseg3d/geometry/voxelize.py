"""Points to voxels and back: integer cells, one row per occupied cell, and the mean of what lies in it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from uniseg3d.utils.errors import DataError
from uniseg3d.utils.tensor_check import expect_tensor

INT32_MAX = 2**31 - 1
INT64_MAX = 2**63 - 1


@dataclass
class Voxels:
    """V occupied cells of B scenes, sorted by (scene, x, y, z), and where each of the N points went."""

    indices: Tensor  # [V, 4] int32: scene, x, y, z; each scene starts at 0
    point_to_voxel: Tensor  # [N] int64, points of all scenes in order
    counts: Tensor  # [V] int64, points per voxel

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def spatial_shape(self) -> list[int]:
        """Cells along x, y, z that hold every scene of the batch."""
        return [int(size) + 1 for size in self.indices[:, 1:].max(0).values]

    def mean(self, values: Tensor) -> Tensor:
        """Unweighted mean of point values [N, C] in each voxel: [V, C]."""
        if values.dim() != 2 or len(values) != len(self.point_to_voxel) or values.device != self.counts.device:
            raise DataError(
                f'values have shape {list(values.shape)} on {values.device}; expected [{len(self.point_to_voxel)}, C] on '
                f'{self.counts.device}, one row per voxelised point'
            )
        kind = torch.promote_types(values.dtype, torch.float32)  # half types neither hold large sums nor add small numbers
        total = torch.zeros(len(self), values.shape[1], dtype=kind, device=values.device)
        mean = total.index_add_(0, self.point_to_voxel, values.to(kind)) / self.counts.to(kind)[:, None]
        return mean.to(values.dtype) if values.is_floating_point() else mean


def cell_indices(positions: Tensor, voxel_size: float = 1.0) -> Tensor:
    """Cell of each point, counted from the smallest: [N, 3] float to [N, 3] int64.

    The minimum is taken off in float64, so that clouds far from the origin keep their detail.
    """
    expect_tensor(positions, 'positions', '[N, 3]')
    sized = isinstance(voxel_size, (int, float)) and 0 < voxel_size < math.inf
    if positions.dim() != 2 or positions.shape[1] != 3 or not sized:
        raise DataError(
            f'positions have shape {list(positions.shape)} and voxels are {voxel_size}; expected [N, 3] and a size above 0'
        )
    if positions.is_complex():
        raise DataError(f'positions are {positions.dtype}; expected real numbers')
    positions = positions.double()
    if not torch.isfinite(positions).all():
        raise DataError('positions to voxelise contain NaN or Inf; drop those points first (LoadScene does)')
    cells = torch.floor((positions - positions.min(0).values) / voxel_size)
    largest = float(cells.max())
    if largest > INT32_MAX:
        raise DataError(
            f'the cloud spans {largest:.2g} voxels of {voxel_size:g} along one axis, more than 32-bit indices can count; '
            'check the unit of the coordinates (metres expected) or take larger voxels'
        )
    return cells.long()  # [N, 3]


def voxelize(positions: Sequence[Tensor], voxel_size: float = 1.0) -> Voxels:
    """Voxelise B scenes, each float [N_b, 3] with at least one point, into one batch."""
    if not isinstance(positions, Sequence):
        raise DataError(f'scenes to voxelise are a {type(positions).__name__}; expected a list of tensors [N, 3], one a scene')
    for scene in positions:
        expect_tensor(scene, 'positions', '[N, 3]')
    if not positions or any(scene.numel() == 0 for scene in positions):
        raise DataError('cannot voxelise an empty cloud; expected at least one point per scene')
    cells = torch.cat([cell_indices(scene, voxel_size) for scene in positions])  # [N, 3]
    sizes = torch.tensor([len(scene) for scene in positions], device=cells.device)
    numbers = torch.repeat_interleave(torch.arange(len(positions), device=cells.device), sizes)  # [N]
    rows = torch.cat([numbers[:, None], cells], dim=1)  # [N, 4]
    keys, shape = _pack(rows)
    unique, inverse, counts = torch.unique(keys, return_inverse=True, return_counts=True)
    return Voxels(_unpack(unique, shape).int(), inverse, counts)


def _pack(rows: Tensor) -> tuple[Tensor, list[int]]:
    """One sortable integer per row, and the base of each column."""
    shape = (rows.max(0).values + 1).tolist()
    cells = shape[0] * shape[1] * shape[2] * shape[3]
    if cells > INT64_MAX:
        raise DataError(
            f'the batch spans a grid of {" x ".join(map(str, shape[1:]))} voxels for {shape[0]} scenes, more than 64-bit keys '
            'can count; check the unit of the coordinates (metres expected) or take larger voxels'
        )
    keys = rows[:, 0]
    for column in (1, 2, 3):
        keys = keys * shape[column] + rows[:, column]
    return keys, shape


def _unpack(keys: Tensor, shape: list[int]) -> Tensor:
    columns = []
    for base in reversed(shape[1:]):
        columns.append(keys % base)
        keys = torch.div(keys, base, rounding_mode='floor')
    return torch.stack([keys, *reversed(columns)], dim=1)
