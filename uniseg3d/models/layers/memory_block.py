"""The block of a decoder whose images look at what a memory keeps of others."""

import torch
from torch import Tensor

from uniseg3d.models.layers.decoder_block import DecoderBlock
from uniseg3d.models.layers.query_attention import Seen
from uniseg3d.ops.rope import Rotate

# What a memory may keep of a token. All give the same answers: the first is the quickest to look at, the second half as large.
FORMS = ('keys_values', 'normalized', 'raw')


class MemoryBlock(DecoderBlock):
    """The tokens of each image mix by themselves; then all images look at one context, which has no positions."""

    def forward(  # type: ignore[override]
        self,
        tokens: Tensor,  # [B, V, T, dim], V images of T tokens
        seen: Seen,  # what recall or look_at made of the context of all V images
        rotate: Rotate | None = None,  # by the positions of the tokens, in the self-attention only
        blocked: Tensor | None = None,  # spreads to [B, heads, V * T, K], true = may not see
    ) -> Tensor:  # [B, V, T, dim]
        batch, views = tokens.shape[:2]
        alone = tokens.flatten(0, 1)  # [B * V, T, dim]
        alone = alone + self.attn(self.norm1(alone), rotate)
        joined = alone.unflatten(0, (batch, views)).flatten(1, 2)  # [B, V * T, dim]
        joined = joined + self.cross_attn(self.norm2(joined), seen, None, blocked)
        joined = joined + self.mlp(self.norm3(joined))
        return joined.unflatten(1, (views, -1))

    def store(self, tokens: Tensor, form: str) -> Tensor:
        """What a memory keeps of ``tokens`` [B, K, dim]: [B, K, dim], or [B, K, 2 dim] for keys and values."""
        if form == 'raw':
            return tokens
        tokens = self.norm_y(tokens)
        return tokens if form == 'normalized' else torch.cat([self.cross_attn.projk(tokens), self.cross_attn.projv(tokens)], -1)

    def recall(self, stored: Tensor, form: str) -> Seen:
        """What :meth:`store` kept, as the images look at it."""
        if form == 'raw':
            return self.look_at(stored)
        if form == 'normalized':
            return self.cross_attn.look_at(stored)
        keys, values = stored.unflatten(-1, (2, self.cross_attn.heads, -1)).permute(2, 0, 3, 1, 4)
        return Seen(keys, values)  # [B, heads, K, width] each
