"""The block of a vision transformer."""

from torch import Tensor, nn

from uniseg3d.models.layers.feed_forward import FeedForward
from uniseg3d.models.layers.self_attention import SelfAttention
from uniseg3d.ops.rope import Rotate


class ViTBlock(nn.Module):
    """Tokens of one image mix, then each is thought over; both add to what was there (normalised before)."""

    def __init__(self, dim: int, heads: int, mlp_ratio: float = 4.0, eps: float = 1e-6) -> None:
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(dim, eps), SelfAttention(dim, heads)
        self.norm2, self.mlp = nn.LayerNorm(dim, eps), FeedForward(dim, int(dim * mlp_ratio))

    def forward(self, tokens: Tensor, rotate: Rotate | None = None, blocked: Tensor | None = None) -> Tensor:
        """``tokens`` [B, T, dim]; ``rotate`` and ``blocked`` as in ``SelfAttention``."""
        tokens = tokens + self.attn(self.norm1(tokens), rotate, blocked)
        return tokens + self.mlp(self.norm2(tokens))
