"""What a frame leaves in the memory: one pointer per patch."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.models.layers.checkpointing import run_block
from uniseg3d.models.layers.linear import Linear
from uniseg3d.models.layers.patch_embed import PatchEmbed
from uniseg3d.models.layers.vit_block import ViTBlock
from uniseg3d.ops.rope import RoPE2D
from uniseg3d.registry import MODELS
from uniseg3d.utils.renaming import rename

NAMES = {
    r'memory_attn_head\.': 'key.',
    r'pts_patch_embed\.': 'patch_embed.',
    r'value_encoder\.': 'blocks.',
    r'value_norm\.': 'norm.',
    r'value_out\.': 'out.',
    r'decoder_embed_memory\.': 'project.',
}


@MODELS.register_module()
class PointerEncoder(nn.Module):
    """Each pointer tells what its patch looks like (``key``) and what shape it has (``value``), and stands at its mean point.

    ``dim``: channels of image features; ``memory_dim``: of decoded tokens and of pointers; ``depth`` blocks look at the shape.
    """

    def __init__(
        self,
        dim: int = 1024,
        memory_dim: int = 768,
        depth: int = 6,
        heads: int = 16,
        patch: int = 16,
        rope: str = 'RoPE100',
        checkpointing: bool = False,
    ) -> None:
        super().__init__()
        both = dim + memory_dim
        self.key = nn.Sequential(Linear(both, both), nn.GELU(), Linear(both, dim))
        self.patch_embed = PatchEmbed(dim, patch)
        self.blocks = nn.ModuleList(ViTBlock(dim, heads) for _ in range(depth))
        self.norm, self.out = nn.LayerNorm(dim, 1e-6), Linear(dim, dim)
        self.project = Linear(dim, memory_dim)
        self.rope, self.patch, self.head_width = RoPE2D.named(rope), patch, dim // heads
        self.checkpointing = checkpointing

    def forward(self, features: Tensor, decoded: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        """Image features [B, N, dim], decoded tokens [B, N, memory_dim] and the world points [B, H, W, 3] they led to.

        Returns features [B, N, memory_dim] and positions [B, N, 3] of the pointers, both float32. No gradient passes to what
        is given: a memory is learned by what later frames make of it.
        """
        features, decoded = features.detach(), decoded.detach()
        planes = points.detach().float().permute(0, 3, 1, 2)  # [B, 3, H, W]
        pointers = self.project(self.key(torch.cat([features, decoded], -1)) + self.value(planes))
        return pointers.float(), F.avg_pool2d(planes, self.patch).flatten(2).transpose(1, 2)

    def value(self, planes: Tensor) -> Tensor:
        """What the points [B, 3, H, W] look like: [B, N, dim]."""
        tokens, cells = self.patch_embed(planes)
        rotate = self.rope(cells, self.head_width)
        for block in self.blocks:
            tokens = run_block(block, tokens, rotate, again=self.checkpointing)
        return self.out(self.norm(tokens))


def remap_keys(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Those of published ``weights`` that belong here, under their names here."""
    return rename(weights, NAMES)
