"""How much masks of probabilities overlap, pair by pair."""

import numpy as np
import torch
from numba import njit
from torch import Tensor

_TILE = 256  # pixels: so much of all masks stays in the cache, and sums of so many lose nothing in float32
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
    """Add to the upper half of ``overlap`` [Q, Q], tile by tile.

    Where one mask is nowhere above the other, as inside of one and outside of the other, its sum is the answer.
    """
    count, pixels = masks.shape
    tile = np.empty((count, _TILE), np.float32)  # a copy: rows of the masks lie so far apart that caches confuse them
    low, high, total = np.empty(count, np.float32), np.empty(count, np.float32), np.empty(count, np.float32)
    for start in range(0, pixels, _TILE):
        width = min(_TILE, pixels - start)
        for row in range(count):
            one, least, most, added = masks[row, start : start + width], np.float32(2), np.float32(-1), np.float32(0)
            for pixel in range(width):
                tile[row, pixel] = one[pixel]
                least = one[pixel] if one[pixel] < least else least
                most = one[pixel] if one[pixel] > most else most
                added += one[pixel]
            low[row], high[row], total[row] = least, most, added
        for row in range(count):
            for column in range(row + 1, count):
                if high[row] <= low[column]:
                    overlap[row, column] += total[row]
                elif high[column] <= low[row]:
                    overlap[row, column] += total[column]
                else:
                    one, other, shared = tile[row, :width], tile[column, :width], np.float32(0)
                    for pixel in range(width):
                        # no min(): this form becomes vector instructions
                        shared += one[pixel] if one[pixel] < other[pixel] else other[pixel]
                    overlap[row, column] += shared
