"""Two linear layers with a GELU between."""

import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.models.layers.linear import Linear


class FeedForward(nn.Module):
    """``dim`` to ``hidden`` to ``out`` channels (default ``dim``), with the exact GELU."""

    def __init__(self, dim: int, hidden: int, out: int | None = None) -> None:
        super().__init__()
        self.fc1, self.fc2 = Linear(dim, hidden), Linear(hidden, out or dim)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(tokens)))
