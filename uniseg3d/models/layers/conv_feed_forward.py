"""A feed-forward layer in which neighbouring cells of a map mix."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ConvFeedForward(nn.Module):
    """Linear, a 3 x 3 convolution of each channel by itself (the same for all maps), GELU, linear."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(dim, hidden), nn.Linear(hidden, dim)
        self.mix = nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden)

    def forward(self, tokens: Tensor, shapes: Sequence[tuple[int, int]]) -> Tensor:
        """``tokens`` [B, S, dim]: the cells of the maps of ``shapes`` in raster order, one map after the other."""
        parts = self.fc1(tokens).split([rows * columns for rows, columns in shapes], 1)
        maps = [self.mix(part.transpose(1, 2).unflatten(2, shape)) for part, shape in zip(parts, shapes, strict=True)]
        return self.fc2(F.gelu(torch.cat([map_.flatten(2) for map_ in maps], 2).transpose(1, 2)))
