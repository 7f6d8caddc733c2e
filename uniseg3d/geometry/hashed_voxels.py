"""Voxels as OpenScene and its descendants make them: the first point stands for its voxel, and a hash orders the voxels."""

from dataclasses import dataclass

import torch
from torch import Tensor

from uniseg3d.utils.errors import DataError
from uniseg3d.utils.tensor_check import expect_tensor

FNV_BASIS, FNV_PRIME = 14695981039346656037, 1099511628211
SIGN = -(2**63)
FARTHEST = 2.0**62  # voxels
TILT = torch.pi / 64  # radians about x and about y
SCALES = (0.9, 1.1)


@dataclass(frozen=True, eq=False)
class HashedVoxels:
    """V voxels over N points, in ascending order of the hash of their cells."""

    cells: Tensor  # [V, 3] int64, from 0
    representative: Tensor  # [V] int64, lowest point of each voxel
    point_to_voxel: Tensor  # [N] int64

    def __len__(self) -> int:
        return len(self.cells)


def hashed_voxels(points: Tensor, transform: Tensor) -> HashedVoxels:
    """Voxels of ``points`` [N, 3] after ``transform`` [4, 4], which turns metres into voxel units."""
    expect_tensor(points, 'points', '[N, 3]')
    expect_tensor(transform, 'transforms', '[4, 4]')
    if points.dim() != 2 or points.shape[1] != 3 or tuple(transform.shape) != (4, 4):
        raise DataError(
            f'points have shape {list(points.shape)} and the transform {list(transform.shape)}; expected [N, 3] and [4, 4]'
        )
    if len(points) == 0 or not points.isfinite().all():
        raise DataError(f'cannot voxelise {len(points)} points, not all finite; expected at least one and only finite ones')
    matrix = transform.double()
    cells = _whole_cells((points.double() @ matrix[:3, :3].T + matrix[:3, 3]).floor())  # [N, 3]
    cells = cells - cells.amin(0)
    _, point_to_voxel = torch.unique(fnv_hash(cells) ^ SIGN, return_inverse=True)  # flipped: hashes are unsigned
    count = int(point_to_voxel.max()) + 1
    numbers = torch.arange(len(points), device=points.device)
    first = numbers.new_full((count,), len(points)).scatter_reduce(0, point_to_voxel, numbers, 'amin')
    return HashedVoxels(cells[first], first, point_to_voxel)


def _whole_cells(cells: Tensor) -> Tensor:
    """As int64; differences of what is let through still fit."""
    largest = float(cells.abs().max())
    if not largest < FARTHEST:
        raise DataError(
            f'points reach {largest:.2g} voxels from the origin, farther than 64-bit indices can count; check the unit of the '
            'coordinates (metres expected) or take larger voxels'
        )
    return cells.long()


def fnv_hash(cells: Tensor) -> Tensor:
    """FNV-1 hash of each row of ``cells`` [N, D] int64, its 64 bits as int64."""
    hashed = cells.new_full((len(cells),), FNV_BASIS - 2**64)
    for column in cells.unbind(1):
        hashed = (hashed * FNV_PRIME) ^ column
    return hashed


def voxel_transform(voxel_size: float, generator: torch.Generator | None = None) -> Tensor:
    """Metres to voxel units [4, 4]; with a ``generator`` after a random turn, a slight tilt and a random scale.

    The networks of this family have seen every scene so, and their tests repeat it.
    """
    matrix = torch.eye(4, dtype=torch.float64)
    matrix[:3, :3] /= voxel_size
    if generator is None:
        return matrix
    draws = 2 * torch.rand(4, generator=generator, dtype=torch.float64) - 1
    angles = draws[:3] * torch.tensor([TILT, TILT, torch.pi])
    turns = [_turn(axis, float(angles[axis])) for axis in torch.randperm(3, generator=generator).tolist()]
    scale = (SCALES[0] + SCALES[1]) / 2 + (SCALES[1] - SCALES[0]) / 2 * float(draws[3])
    matrix[:3, :3] = torch.linalg.multi_dot(turns) * (scale / voxel_size)
    return matrix


def _turn(axis: int, angle: float) -> Tensor:
    """Rotation by ``angle`` about a coordinate axis [3, 3]."""
    cosine, sine = torch.tensor(angle, dtype=torch.float64).cos(), torch.tensor(angle, dtype=torch.float64).sin()
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix = torch.eye(3, dtype=torch.float64)
    matrix[first, first], matrix[second, second] = cosine, cosine
    matrix[first, second], matrix[second, first] = -sine, sine
    return matrix
