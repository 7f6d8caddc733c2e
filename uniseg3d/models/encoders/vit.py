"""The vision transformer that all image systems start with."""

from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor, nn

from uniseg3d.models.layers.build import as_module
from uniseg3d.models.layers.checkpointing import run_block
from uniseg3d.models.layers.linear import init_linears
from uniseg3d.models.layers.vit_block import ViTBlock
from uniseg3d.ops.rope import RoPE2D
from uniseg3d.registry import MODELS
from uniseg3d.utils.renaming import Value, rename

# As DUSt3R, MASt3R, Point3R and SIU3R name the parts, and as MUSt3R does.
NAMES = {r'patch_embed\.': 'patch_embed.', r'(enc_blocks|blocks_enc)\.': 'blocks.', r'(enc_norm|norm_enc)\.': 'norm.'}


@MODELS.register_module()
class ViTEncoder(nn.Module):
    """Images to tokens of ``dim`` channels, one per patch; ``dim`` is that of ``patch_embed``.

    ``rope`` names the position embedding, ``rope_precision`` 'fp16' rounds it as Point3R does. ``checkpointing`` saves memory
    in training.
    """

    def __init__(
        self,
        patch_embed: nn.Module | dict[str, Any],
        depth: int = 24,
        heads: int = 16,
        mlp_ratio: float = 4.0,
        rope: str = 'RoPE100',
        rope_precision: str = 'fp32',
        checkpointing: bool = False,
    ) -> None:
        super().__init__()
        self.patch_embed = as_module(patch_embed)
        dim: int = self.patch_embed.dim  # type: ignore[assignment]
        self.dim, self.head_width, self.checkpointing = dim, dim // heads, checkpointing
        self.blocks = nn.ModuleList(ViTBlock(dim, heads, mlp_ratio) for _ in range(depth))
        self.norm = nn.LayerNorm(dim, 1e-6)
        self.rope = RoPE2D.named(rope, rope_precision)
        init_linears(self)

    def forward(self, images: Tensor, true_shape: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """``images`` [B, 3, H, W] in -1..1 to tokens [B, T, dim] and their rows and columns [T, 2] (or [B, T, 2])."""
        tokens, positions = self.patch_embed(images, true_shape)
        for output in self.each_block(tokens, positions):
            tokens = output
        return self.norm(tokens), positions

    def each_block(self, tokens: Tensor, positions: Tensor) -> Iterator[Tensor]:
        """What every block makes of embedded tokens [B, T, dim], before the last norm: for systems that look inside."""
        rotate = self.rope(positions, self.head_width)
        for block in self.blocks:
            tokens = run_block(block, tokens, rotate, again=self.checkpointing)
            yield tokens


def remap_keys(weights: Mapping[str, Value]) -> dict[str, Value]:
    """Those of published ``weights`` that belong to the encoder, under its own names."""
    return rename(weights, NAMES)
