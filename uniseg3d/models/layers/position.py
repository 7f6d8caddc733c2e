"""Positions as features."""

import math

import torch
from torch import Tensor, nn

from uniseg3d.registry import MODELS


@MODELS.register_module()
class FourierPosition(nn.Module):
    """Sines and cosines of positions [M, 3] metres, wavelengths from ``longest`` down by halves, mapped to [M, dim]."""

    frequencies: Tensor

    def __init__(self, dim: int, bands: int = 6, longest: float = 16.0) -> None:
        super().__init__()
        self.register_buffer('frequencies', 2 * math.pi / longest * 2.0 ** torch.arange(bands), persistent=False)
        self.project = nn.Linear(6 * bands, dim)

    def forward(self, position: Tensor) -> Tensor:
        phase = (position[:, :, None] * self.frequencies).flatten(1)  # [M, 3 * bands]
        return self.project(torch.cat([phase.sin(), phase.cos()], 1))
