"""Sparse convolutions computed the slow way, on a dense grid in float64."""

import torch
import torch.nn.functional as F
from torch import Tensor

from uniseg3d.ops.sparse import Level, available_backends
from uniseg3d.ops.sparse.window import Window

READY = [report.name for report in available_backends() if report.ready]
TOLERANCE = {torch.float64: 1e-10, torch.float32: 2e-5}


def types_of(backend: str) -> list[torch.dtype]:
    return [torch.float32, torch.float64] if backend == 'torch' else [torch.float32]


def random_level(seed: int, shape: tuple[int, int, int], batch_size: int, share: float) -> Level:
    """Voxels scattered over a grid, in random order; at least one."""
    random = torch.Generator().manual_seed(seed)
    cells = batch_size * shape[0] * shape[1] * shape[2]
    chosen = torch.randperm(cells, generator=random)[: max(1, int(cells * share))]
    coords = torch.stack(torch.unravel_index(chosen, (batch_size, *shape)), 1)
    return Level(coords.int(), shape, batch_size)


def to_dense(features: Tensor, level: Level) -> Tensor:
    """[V, C] to [B, C, X, Y, Z] in float64, zero where no voxel is."""
    dense = features.new_zeros(level.batch_size, *level.spatial_shape, features.shape[1], dtype=torch.float64)
    return dense.index_put(tuple(level.coords.long().T), features.double()).permute(0, 4, 1, 2, 3)


def at_voxels(dense: Tensor, level: Level) -> Tensor:
    scene, x, y, z = level.coords.long().T
    return dense[scene, :, x, y, z]


def dense_weight(matrices: Tensor, window: Window) -> Tensor:
    """[K, Cin, Cout] to conv3d's [Cout, Cin, kx, ky, kz] in float64."""
    return matrices.double().permute(2, 1, 0).unflatten(2, window.size)


def dense_convolution(features: Tensor, matrices: Tensor, window: Window, source: Level, target: Level) -> Tensor:
    """conv3d at the voxels of ``target``; the grid is padded at the end so that kept odd planes are covered."""
    extra = [0 for _ in range(6)]
    for axis, (n, s, d, k, p, out) in enumerate(
        zip(
            source.spatial_shape, window.stride, window.dilation, window.size, window.padding, target.spatial_shape, strict=True
        )
    ):
        extra[2 * (2 - axis) + 1] = max((out - 1) * s + d * (k - 1) + 1 - n - 2 * p, 0)
    dense = F.pad(to_dense(features, source), extra)
    out = F.conv3d(dense, dense_weight(matrices, window), None, window.stride, window.padding, window.dilation)
    return at_voxels(out, target)


def assert_same(ours: Tensor, exact: Tensor, what: str) -> None:
    assert ours.shape == exact.shape, what
    scale = float(exact.detach().abs().max().clamp(min=1))
    error = float((ours.detach().double() - exact.detach()).abs().max())
    assert error <= TOLERANCE[ours.dtype] * scale, f'{what}: {error} at scale {scale}'
