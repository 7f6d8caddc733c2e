"""Features of patches from CLIP's own image tower, without training: the values of its last attention, each in its place."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from uniseg3d.models.encoders.clip_image import ClipImage
from uniseg3d.priors.pixel_experts import DenseMap, Photo
from uniseg3d.registry import EXPERTS
from uniseg3d.utils.errors import ConfigError


@EXPERTS.register_module()
class ClipPixels:
    """A vision transformer of OpenCLIP whose last block leaves patches where they are.

    A photo is cut into square tiles as wide as its shorter side, which overlap where they must.

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
        return [self._describe(photo) for photo in photos]

    def _describe(self, photo: Photo) -> DenseMap:
        device = self.image.mean.device
        colors = photo.image.permute(2, 0, 1).float().to(device) / 255
        side = min(photo.size)
        starts = [_starts(length, side) for length in photo.size]
        grid = self.patches(torch.stack([colors[:, r : r + side, c : c + side] for r in starts[0] for c in starts[1]]))
        cells = grid.shape[2]
        height, width = (max(round(cells * length / side), 1) for length in photo.size)
        total = grid.new_zeros(grid.shape[1], height, width)
        tiles = iter(grid)
        for row in starts[0]:
            for column in starts[1]:
                top, left = round(row * cells / side), round(column * cells / side)
                top, left = min(top, height - cells), min(left, width - cells)
                total[:, top : top + cells, left : left + cells] += next(tiles)
        return DenseMap(F.normalize(total, dim=0).half().cpu())

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


def _starts(length: int, side: int) -> list[int]:
    """Where tiles of ``side`` begin so that they cover ``length``."""
    count = -(-length // side)
    return [round(i * (length - side) / max(count - 1, 1)) for i in range(count)]
