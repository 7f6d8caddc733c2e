"""DINOv2: what image patches mean, learned from pictures alone."""

import re
from collections.abc import Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.models.layers.vit_block import ViTBlock
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import CheckpointError, DataError
from uniseg3d.utils.renaming import rename
from uniseg3d.utils.weights import apply_weights, load_weights

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of the pictures that it learned from, in 0..1
NAMES = {
    r'embeddings\.cls_token': 'class_token',
    r'embeddings\.position_embeddings': 'places',
    r'embeddings\.patch_embeddings\.projection\.': 'patches.',
    r'encoder\.layer\.(\d+)\.(norm1|norm2|mlp)\.': r'blocks.\1.\2.',
    r'encoder\.layer\.(\d+)\.attention\.output\.dense\.': r'blocks.\1.attn.proj.',
    r'layernorm\.': 'norm.',
}
JOINED = (r'encoder\.layer\.\d+\.attention\.attention\.(query|key|value)\.', r'encoder\.layer\.\d+\.layer_scale[12]\.lambda1$')
UNUSED = 'embeddings.mask_token'  # of its own training


@MODELS.register_module()
class DINOv2(nn.Module):
    """Images to one token per patch of the networks that it assists; it never learns.

    Args:
        dim, depth, heads, mlp_ratio: of the transformer; the defaults are those of dinov2-large.
        patch: pixels of its own patches.
        grid: rows and columns of patches that its table of places was learned for.
        shown_patch: pixels of the patches that an image is divided into, whatever their size here.
        weights: local file of Hugging Face's ``facebook/dinov2-*``, read before training starts; a checkpoint brings its own.
    """

    def __init__(
        self,
        dim: int = 1024,
        depth: int = 24,
        heads: int = 16,
        mlp_ratio: float = 4.0,
        patch: int = 14,
        grid: int = 37,
        shown_patch: int = 16,
        weights: str | Path | None = None,
    ) -> None:
        super().__init__()
        self.dim, self.patch, self.grid, self.shown_patch, self.weights = dim, patch, grid, shown_patch, weights
        self.patches = nn.Conv2d(3, dim, patch, patch)
        self.class_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.places = nn.Parameter(torch.zeros(1, 1 + grid**2, dim))
        self.blocks = nn.ModuleList(ViTBlock(dim, heads, mlp_ratio) for _ in range(depth))
        self.norm = nn.LayerNorm(dim, 1e-6)
        self.requires_grad_(False)

    @torch.no_grad()
    def forward(self, images: Tensor) -> Tensor:
        """``images`` [B, 3, H, W] in -1..1 to tokens [B, H W / shown_patch², dim] in raster order."""
        rows, columns = (size // self.shown_patch for size in images.shape[-2:])
        if (rows * self.shown_patch, columns * self.shown_patch) != tuple(images.shape[-2:]):
            raise DataError(
                f'images are {images.shape[-2]} x {images.shape[-1]} pixels (H x W); crop or resize to multiples of '
                f'{self.shown_patch}'
            )
        mean, std = (images.new_tensor(values)[:, None, None] for values in (MEAN, STD))
        natural = ((images + 1) / 2 - mean) / std
        fitted = F.interpolate(natural, (rows * self.patch, columns * self.patch), mode='bilinear', align_corners=False)
        tokens = self.patches(fitted).flatten(2).transpose(1, 2)  # [B, T, dim]
        tokens = torch.cat([self.class_token.expand(len(tokens), -1, -1).to(tokens), tokens], 1)
        tokens = tokens + self.places_for(rows, columns).to(tokens)
        for block in self.blocks:
            tokens = block(tokens)
        return self.norm(tokens)[:, 1:]

    def places_for(self, rows: int, columns: int) -> Tensor:
        """The table [1, 1 + rows * columns, dim] for another grid, its patches resized bicubically."""
        if rows == columns == self.grid:
            return self.places
        table = self.places[:, 1:].unflatten(1, (self.grid, self.grid)).permute(0, 3, 1, 2).float()
        resized = F.interpolate(table, (rows, columns), mode='bicubic', align_corners=False).flatten(2).transpose(1, 2)
        return torch.cat([self.places[:, :1].float(), resized], 1)

    def init_weights(self) -> None:
        """Fill from ``weights``; the runner calls this before it loads a checkpoint."""
        if self.weights is None:
            return
        found = remap_keys(load_weights(self.weights).state_dict)
        mismatch = apply_weights(self, found, allow_mismatch=True)
        if mismatch:
            raise CheckpointError(f'{self.weights} holds no DINOv2 of this size: {mismatch}')


def reads(name: str) -> bool:
    """Whether Hugging Face's entry ``name`` becomes a part of ours."""
    return any(re.match(rule, name) for rule in (*NAMES, *JOINED))


def remap_keys(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Hugging Face's ``weights`` under our names.

    Queries, keys and values are projected together, and the learned scales of the branches go into their last layers:
    scale * (W x + b) = (scale W) x + scale b.
    """
    found = rename(weights, NAMES)
    for name in [name for name in weights if '.attention.attention.query.' in name]:
        layer, kind = name.split('.')[2], name.rsplit('.', 1)[1]
        parts = [weights.get(name.replace('.query.', f'.{part}.')) for part in ('query', 'key', 'value')]
        found[f'blocks.{layer}.attn.qkv.{kind}'] = torch.cat([part for part in parts if part is not None])
    for name in [name for name in weights if name.endswith('.lambda1')]:
        layer, branch = name.split('.')[2:4]
        last = f'blocks.{layer}.attn.proj' if branch == 'layer_scale1' else f'blocks.{layer}.mlp.fc2'
        for kind, scale in (('weight', weights[name][:, None]), ('bias', weights[name])):
            if f'{last}.{kind}' in found:
                found[f'{last}.{kind}'] = found[f'{last}.{kind}'] * scale
    return found
