"""Attention of tokens to others: of another image, or kept in a memory."""

from torch import Tensor, nn

from uniseg3d.models.layers.linear import Linear
from uniseg3d.models.layers.query_attention import Seen
from uniseg3d.ops.attention import attention
from uniseg3d.ops.rope import Rotate
from uniseg3d.utils.errors import ConfigError


class CrossAttention(nn.Module):
    """Multi-head attention whose context is projected once by ``look_at`` and looked at by any number of calls."""

    def __init__(self, dim: int, heads: int, bias: bool = True) -> None:
        super().__init__()
        if dim % heads:
            raise ConfigError(f'dim = {dim} cannot be shared by heads = {heads}; choose a multiple')
        self.heads = heads
        self.projq, self.projk, self.projv = (Linear(dim, dim, bias=bias) for _ in range(3))
        self.proj = Linear(dim, dim)

    def look_at(self, context: Tensor, rotate: Rotate | None = None) -> Seen:
        """Keys and values of ``context`` [B, K, dim]; ``rotate`` turns the keys by their positions."""
        key, value = self._by_head(self.projk(context)), self._by_head(self.projv(context))
        return Seen(key if rotate is None else rotate(key), value)

    def forward(
        self, tokens: Tensor, seen: Seen, rotate: Rotate | None = None, blocked: Tensor | None = None
    ) -> Tensor:  # [B, T, dim]
        """``tokens`` [B, T, dim]; ``blocked`` (true = may not see) spreads to [B, heads, T, K]. A token that sees nothing
        gets ``proj`` of zeros.
        """
        query = self._by_head(self.projq(tokens))
        query = query if rotate is None else rotate(query)
        return self.proj(attention(query, seen.key, seen.value, blocked).transpose(1, 2).flatten(2))

    def _by_head(self, tokens: Tensor) -> Tensor:
        return tokens.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # [B, heads, T, width]
