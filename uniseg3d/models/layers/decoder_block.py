"""The block of a decoder that looks at another image or at a memory."""

import torch
from torch import Tensor, nn

from uniseg3d.models.layers.cross_attention import CrossAttention
from uniseg3d.models.layers.feed_forward import FeedForward
from uniseg3d.models.layers.query_attention import Seen
from uniseg3d.models.layers.self_attention import SelfAttention
from uniseg3d.ops.rope import Rotate


class DecoderBlock(nn.Module):
    """Tokens mix, look at a context, and are thought over. ``norm_context=False`` takes a context that is normalised."""

    def __init__(self, dim: int, heads: int, mlp_ratio: float = 4.0, eps: float = 1e-6, norm_context: bool = True) -> None:
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(dim, eps), SelfAttention(dim, heads)
        self.norm2, self.cross_attn = nn.LayerNorm(dim, eps), CrossAttention(dim, heads)
        self.norm_y = nn.LayerNorm(dim, eps) if norm_context else nn.Identity()
        self.norm3, self.mlp = nn.LayerNorm(dim, eps), FeedForward(dim, int(dim * mlp_ratio))

    def seek_alike(self, sharpness: float) -> None:
        """Start with keys made as queries are, both so many times longer: each token looks at those that resemble it.

        A network that is to match places of two images need not first discover that matching is of use.
        """
        with torch.no_grad():
            self.cross_attn.projq.weight.mul_(sharpness)
            self.cross_attn.projk.weight.copy_(self.cross_attn.projq.weight)

    def look_at(self, context: Tensor, rotate: Rotate | None = None) -> Seen:
        """Keys and values of ``context`` [B, K, dim], to be used instead of it: each context is projected only once."""
        return self.cross_attn.look_at(self.norm_y(context), rotate)

    def forward(
        self,
        tokens: Tensor,  # [B, T, dim]
        context: Tensor | Seen,  # [B, K, dim], or what look_at made of it
        rotate: Rotate | None = None,
        rotate_context: Rotate | None = None,
        blocked: Tensor | None = None,  # spreads to [B, heads, T, T], true = may not see
        blocked_context: Tensor | None = None,  # spreads to [B, heads, T, K]
    ) -> Tensor:  # [B, T, dim]
        """``rotate`` turns the tokens in both attentions, ``rotate_context`` the context (if that is not yet looked at)."""
        seen = context if isinstance(context, Seen) else self.look_at(context, rotate_context)
        tokens = tokens + self.attn(self.norm1(tokens), rotate, blocked)
        tokens = tokens + self.cross_attn(self.norm2(tokens), seen, rotate, blocked_context)
        return tokens + self.mlp(self.norm3(tokens))
