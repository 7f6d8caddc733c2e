"""Features of patches from CLIP's own image tower, without training: the values of its last attention, each in its place."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from uniseg3d.models.encoders.clip_image import ClipImage
from uniseg3d.priors.pixel_experts import DenseMap, Photo
from uniseg3d.priors.tiles import describe_tiles
from uniseg3d.registry import EXPERTS
from uniseg3d.utils.errors import ConfigError


@EXPERTS.register_module()
class ClipPixels:
    """A vision transformer of OpenCLIP whose last block leaves patches where they are.

    Args:
        tower: model name of open_clip, or its sizes; a transformer with patches.
        weights: local file of the model.
    """

    def __init__(self, tower: str | Mapping[str, Any], weights: str | None = None, device: str = 'cpu') -> None:
        self.image = ClipImage(tower, weights).to(device)
        if not hasattr(self.image.tower, 'transformer') or not hasattr(self.image.tower, 'conv1'):
            raise ConfigError(f'ClipPixels needs a vision transformer; {tower} is another network: try ViT-B-32-quickgelu')

    @torch.no_grad()
    def describe(self, photos: Sequence[Photo]) -> list[DenseMap]:
        """A feature of length one for every patch of each photo."""
        return [describe_tiles(photo, self.patches, self.image.mean.device) for photo in photos]

    def patches(self, squares: Tensor) -> Tensor:
        """Features [n, C, g, g] of the patches of squares [n, 3, s, s] with colours 0..1."""
        tower, size = self.image.tower, self.image.size
        sized = F.interpolate(squares, (size, size), mode='bicubic', antialias=True).clamp(0, 1)
        grid = tower.conv1((sized - self.image.mean) / self.image.std)  # [n, W, g, g]
        side = grid.shape[2]
        rows = grid.flatten(2).mT
        first = tower.class_embedding.expand(len(rows), 1, -1)
        rows = tower.ln_pre(torch.cat([first, rows], 1) + tower.positional_embedding)
        *blocks, last = tower.transformer.resblocks
        for block in blocks:
            rows = block(rows)
        attention, normed = last.attn, last.ln_1(rows)
        weight, bias = attention.in_proj_weight.chunk(3)[2], attention.in_proj_bias.chunk(3)[2]
        values = attention.out_proj(F.linear(normed, weight, bias))[:, 1:]
        features = tower.ln_post(values) @ tower.proj
        return F.normalize(features, dim=2).mT.unflatten(2, (side, side))
