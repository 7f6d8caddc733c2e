"""What upscalers hand to mask decoders."""

from typing import NamedTuple

from torch import Tensor

from uniseg3d.utils.errors import DataError


class Upscaled(NamedTuple):
    """V images of one shape at two scales."""

    level: Tensor  # [V, dim, rows, columns], one cell per patch: what queries look at
    pixels: Tensor  # [V, E, H / stride, W / stride]: what masks are cut out of


def as_map(tokens: Tensor, grid: tuple[int, int]) -> Tensor:
    """Tokens [V, T, C] in raster order as [V, C, rows, columns]."""
    if tokens.shape[1] != grid[0] * grid[1]:
        raise DataError(f'{tokens.shape[1]} tokens make no grid of {grid[0]} x {grid[1]}')
    return tokens.transpose(1, 2).unflatten(2, grid)
