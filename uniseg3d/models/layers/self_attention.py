"""Attention among the tokens of one image."""

from torch import Tensor, nn

from uniseg3d.models.layers.linear import Linear
from uniseg3d.ops.attention import attention
from uniseg3d.ops.rope import Rotate
from uniseg3d.utils.errors import ConfigError


class SelfAttention(nn.Module):
    """Multi-head attention with one projection ``qkv`` to queries, keys and values."""

    def __init__(self, dim: int, heads: int, bias: bool = True) -> None:
        super().__init__()
        if dim % heads:
            raise ConfigError(f'dim = {dim} cannot be shared by heads = {heads}; choose a multiple')
        self.heads, self.head_width = heads, dim // heads
        self.qkv, self.proj = Linear(dim, 3 * dim, bias=bias), Linear(dim, dim)

    def forward(self, tokens: Tensor, rotate: Rotate | None = None, blocked: Tensor | None = None) -> Tensor:
        """``tokens`` [B, T, dim]; ``rotate`` turns queries and keys [B, heads, T, width] by their positions; ``blocked``
        (true = may not see) spreads to [B, heads, T, T]. A token that sees nothing gets ``proj`` of zeros.
        """
        parts = self.qkv(tokens).unflatten(-1, (3, self.heads, -1))  # [B, T, 3, heads, width]
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        if rotate is not None:
            query, key = rotate(query), rotate(key)
        return self.proj(attention(query, key, value, blocked).transpose(1, 2).flatten(2))
