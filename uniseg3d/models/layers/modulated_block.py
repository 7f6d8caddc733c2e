"""A transformer block that one token steers."""

import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.models.layers.feed_forward import FeedForward
from uniseg3d.models.layers.linear import Linear
from uniseg3d.models.layers.self_attention import SelfAttention
from uniseg3d.ops.rope import Rotate


class ModulatedNorm(nn.Module):
    """LayerNorm whose output a token shifts and scales."""

    def __init__(self, dim: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.norm, self.steer = nn.LayerNorm(dim, eps), Linear(dim, 2 * dim)

    def forward(self, tokens: Tensor, steering: Tensor) -> Tensor:
        """``tokens`` [B, T, dim], ``steering`` [B, 1, dim]."""
        shift, scale = self.steer(F.silu(steering)).chunk(2, -1)
        return self.norm(tokens) * (1 + scale) + shift


class ModulatedBlock(nn.Module):
    """A ``ViTBlock`` with modulated norms."""

    def __init__(self, dim: int, heads: int, mlp_ratio: float = 4.0) -> None:
        super().__init__()
        self.norm1, self.attn = ModulatedNorm(dim), SelfAttention(dim, heads)
        self.norm2, self.mlp = ModulatedNorm(dim), FeedForward(dim, int(dim * mlp_ratio))

    def forward(self, tokens: Tensor, steering: Tensor, rotate: Rotate | None = None) -> Tensor:
        """``tokens`` [B, T, dim], steered by ``steering`` [B, 1, dim]; ``rotate`` as in ``SelfAttention``."""
        tokens = tokens + self.attn(self.norm1(tokens, steering), rotate)
        return tokens + self.mlp(self.norm2(tokens, steering))
