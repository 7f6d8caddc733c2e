"""How much masks of probabilities overlap, pair by pair."""

import numpy as np
import torch
from numba import njit
from torch import Tensor

_TILE = 512  # pixels: so much of all masks stays in the cache, and sums of so many lose nothing in float32
_GPU_TILE = 65536


def soft_overlap(masks: Tensor) -> Tensor:
    """Sum over pixels of the smaller of two masks, for all pairs: ``masks`` [Q, P] float 0..1 to [Q, Q] float64.

    The diagonal holds the areas. Nothing of the size Q x Q x P comes into being.
    """
    masks = masks.float().contiguous()
    if masks.device.type == 'cpu':
        overlap = np.zeros((len(masks), len(masks)))
        _add_minima(masks.detach().numpy(), overlap)
        result = torch.from_numpy(overlap)
        return result + result.T + masks.sum(1, dtype=torch.float64).diag()
    return soft_overlap_by_distance(masks)


def soft_overlap_by_distance(masks: Tensor) -> Tensor:
    """The same without a compiler: the smaller of a and b is (a + b - |a - b|) / 2, and sums of |a - b| are distances."""
    count = len(masks)
    area = masks.sum(1, dtype=torch.float64)
    distance = area.new_zeros(count * (count - 1) // 2)
    for tile in masks.split(_GPU_TILE, dim=1):
        distance += torch.pdist(tile.contiguous(), p=1)
    row, column = torch.triu_indices(count, count, 1, device=masks.device)
    overlap = area.diag()
    overlap[row, column] = overlap[column, row] = (area[row] + area[column] - distance) / 2
    return overlap


@njit(cache=True, fastmath=True)
def _add_minima(masks, overlap):  # type: ignore[no-untyped-def]
    """Add to the upper half of ``overlap`` [Q, Q], tile by tile."""
    count, pixels = masks.shape
    for start in range(0, pixels, _TILE):
        stop = min(start + _TILE, pixels)
        for row in range(count):
            one = masks[row, start:stop]
            for column in range(row + 1, count):
                other = masks[column, start:stop]
                total = np.float32(0)
                for pixel in range(stop - start):
                    # no min(): this form becomes vector instructions
                    total += one[pixel] if one[pixel] < other[pixel] else other[pixel]
                overlap[row, column] += total
