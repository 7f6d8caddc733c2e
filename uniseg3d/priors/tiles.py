"""Photos of any shape for networks that see squares."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from uniseg3d.priors.pixel_experts import DenseMap, Photo


def describe_tiles(photo: Photo, patches: Callable[[Tensor], Tensor], device: torch.device) -> DenseMap:
    """Features of length one of the patches of a photo, cut into squares as wide as its shorter side that overlap if they must.

    ``patches``: squares [n, 3, s, s] with colours 0..1 to features [n, C, g, g].
    """
    colors = photo.image.permute(2, 0, 1).float().to(device) / 255
    side = min(photo.size)
    starts = [tile_starts(length, side) for length in photo.size]
    grid = patches(torch.stack([colors[:, r : r + side, c : c + side] for r in starts[0] for c in starts[1]]))
    cells = grid.shape[2]
    height, width = (max(round(cells * length / side), 1) for length in photo.size)
    total = grid.new_zeros(grid.shape[1], height, width)
    tiles = iter(grid)
    for row in starts[0]:
        for column in starts[1]:
            top, left = round(row * cells / side), round(column * cells / side)
            top, left = min(top, height - cells), min(left, width - cells)
            total[:, top : top + cells, left : left + cells] += next(tiles)
    return DenseMap(F.normalize(total, dim=0).half().cpu())


def tile_starts(length: int, side: int) -> list[int]:
    """Where tiles of ``side`` begin so that they cover ``length``."""
    count = -(-length // side)
    return [round(i * (length - side) / max(count - 1, 1)) for i in range(count)]
