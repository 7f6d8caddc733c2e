"""Two images that look at each other."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from uniseg3d.models.layers.checkpointing import run_block
from uniseg3d.models.layers.decoder_block import DecoderBlock
from uniseg3d.models.layers.linear import Linear, init_linears
from uniseg3d.ops.rope import RoPE2D
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import DataError
from uniseg3d.utils.renaming import Value, rename

NAMES = {
    r'decoder_embed\.': 'embed.',
    r'dec_blocks\.': 'blocks.',
    r'dec_blocks2\.': 'other_blocks.',
    r'dec_norm\.': 'norm.',
}


@MODELS.register_module()
class PairwiseDecoder(nn.Module):
    """The first image has blocks of its own, because its camera is the world of all answers; every other one shares the rest.

    In every layer an image looks at what the layer before made of all others: of two images, the other one.
    """

    def __init__(
        self,
        in_dim: int = 1024,
        dim: int = 768,
        depth: int = 12,
        heads: int = 12,
        mlp_ratio: float = 4.0,
        rope: str = 'RoPE100',
        checkpointing: bool = False,
        seek_alike: float | None = None,
    ) -> None:
        """``seek_alike``: images start by looking for what resembles them in the others, this sharply; for small networks."""
        super().__init__()
        self.dim, self.head_width, self.checkpointing = dim, dim // heads, checkpointing
        self.embed = Linear(in_dim, dim)
        self.blocks = nn.ModuleList(DecoderBlock(dim, heads, mlp_ratio) for _ in range(depth))
        self.other_blocks = nn.ModuleList(DecoderBlock(dim, heads, mlp_ratio) for _ in range(depth))
        self.norm = nn.LayerNorm(dim, 1e-6)
        self.rope = RoPE2D.named(rope)
        init_linears(self)
        if seek_alike is not None:
            for block in (*self.blocks, *self.other_blocks):
                block.seek_alike(seek_alike)

    def forward(self, features: Sequence[Tensor], positions: Sequence[Tensor]) -> list[list[Tensor]]:
        """``features`` [B, T, in_dim] and ``positions`` [T, 2] or [B, T, 2] of two or more images; the first leads.

        Returns for each image its features, then its tokens [B, T, dim] after every block, the last ones normalised.
        """
        if len(features) < 2:
            raise DataError(f'{len(features)} image has none to look at; give at least two (one image may be given twice)')
        turns = [self.rope(places, self.head_width) for places in positions]
        context = [_joined(_others(positions, i), len(features[0])) for i in range(len(features))]
        context_turns = [self.rope(places, self.head_width) for places in context]
        tokens = [self.embed(part) for part in features]
        layers = [[part] for part in features]
        for block, other_block in zip(self.blocks, self.other_blocks, strict=True):
            seen = [torch.cat(_others(tokens, i), 1) for i in range(len(tokens))]
            blocks = [block] + [other_block] * (len(tokens) - 1)
            parts = zip(blocks, tokens, seen, turns, context_turns, strict=True)
            tokens = [run_block(*part, again=self.checkpointing) for part in parts]
            for image, output in zip(layers, tokens, strict=True):
                image.append(output)
        return [[*image[:-1], self.norm(image[-1])] for image in layers]


def _others(values: Sequence[Tensor], index: int) -> list[Tensor]:
    return [*values[:index], *values[index + 1 :]]


def _joined(positions: list[Tensor], batch: int) -> Tensor:
    """Positions of the tokens of several images, one after the other."""
    if len(positions) == 1:
        return positions[0]  # the very tensor, for which tables are known
    return torch.cat([places.expand(batch, *places.shape[-2:]) for places in positions], 1)


def remap_keys(weights: Mapping[str, Value]) -> dict[str, Value]:
    """Those of published ``weights`` that belong to the decoder, under its own names.

    Files of models before DUSt3R hold the blocks of one image only; those of the other start as copies.
    """
    found = rename(weights, NAMES)
    if any(name.startswith('other_blocks.') for name in found):
        return found
    return {**found, **rename(found, {r'blocks\.': 'other_blocks.'})}
