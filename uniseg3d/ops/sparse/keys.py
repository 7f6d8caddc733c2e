"""One 64-bit integer per voxel: Morton codes for order, packed keys for hashing and search; overflow is an error."""

import math
from functools import lru_cache

import torch
from torch import Tensor

from uniseg3d.utils.errors import DataError

INT64_BITS = 63
INT64_MAX = 2**63 - 1


def pack_keys(coords: Tensor, low: tuple[int, ...], extent: tuple[int, ...]) -> Tensor:
    """Row-major cell number of coords [N, 4] in a box of ``extent`` cells that starts at ``low``: int64 [N]."""
    if math.prod(extent) > INT64_MAX:
        raise DataError(
            f'a grid of {" x ".join(map(str, extent))} cells is more than 64-bit keys can count; '
            'check the unit of the coordinates or take larger voxels'
        )
    keys = torch.zeros(len(coords), dtype=torch.int64, device=coords.device)
    for axis, (start, cells) in enumerate(zip(low, extent, strict=True)):
        keys = keys.mul_(cells).add_(coords[:, axis]).sub_(start)
    return keys


def morton_keys(coords: Tensor, shape: tuple[int, int, int], batch_size: int) -> Tensor:
    """Z-order curve position of coords [N, 4] (scene, x, y, z), scene by scene: int64 [N]."""
    bits = max(max(shape) - 1, 1).bit_length()
    if 3 * bits + max(batch_size - 1, 0).bit_length() > INT64_BITS:
        raise DataError(
            f'a grid of {shape[0]} x {shape[1]} x {shape[2]} voxels for {batch_size} scenes does not fit 64-bit keys; '
            'check the unit of the coordinates or take larger voxels'
        )
    spread = _spread_bits(bits, str(coords.device)) if bits <= 16 else None
    keys = coords[:, 0].long() << (3 * bits)
    for axis, shift in ((1, 2), (2, 1), (3, 0)):
        column = coords[:, axis]
        keys |= (spread[column.long()] if spread is not None else _spread(column.long(), bits)) << shift
    return keys


@lru_cache(maxsize=32)
def _spread_bits(bits: int, device: str) -> Tensor:
    """Table of ``_spread`` for all numbers below 2**bits: looking up is faster than shifting."""
    return _spread(torch.arange(2**bits, device=device), bits)


def _spread(numbers: Tensor, bits: int) -> Tensor:
    """Two zero bits between neighbouring bits."""
    result = torch.zeros_like(numbers)
    for bit in range(bits):
        result |= (numbers >> bit & 1) << (3 * bit)
    return result


def morton_order(coords: Tensor, shape: tuple[int, int, int], batch_size: int) -> Tensor:
    """Permutation that sorts voxels along the Z-order curve: neighbours in space become neighbours in memory."""
    return morton_keys(coords, shape, batch_size).argsort()
