"""From maps of four resolutions to features that masks are made of, by plain convolutions from coarse to fine."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.models.encoders.spatial_prior import conv_step, norm_named
from uniseg3d.registry import MODELS


@MODELS.register_module()
class ConvPixelDecoder(nn.Module):
    """In the place of ``PixelDecoder``: every map joins the coarser ones.

    Args:
        widths: channels of the four maps, from fine to coarse.
        dim: channels of the mask features, and of the maps that queries look at.
        norm: of the convolutions: 'batch', or 'group'.
    """

    def __init__(self, widths: Sequence[int] = (32, 64, 128, 128), dim: int = 64, norm: str = 'batch') -> None:
        super().__init__()
        self.dim, layer = dim, norm_named(norm)
        inner = [*widths[1:-1][::-1], dim]  # after each join, from coarse to fine
        below = [widths[-1], *inner[:-1]]
        self.joins = nn.ModuleList(
            nn.Sequential(*conv_step(coarse + fine, out, 1, layer), *conv_step(out, out, 1, layer))
            for coarse, fine, out in zip(below, reversed(widths[:-1]), inner, strict=True)
        )
        self.project = nn.ModuleList(nn.Conv2d(width, dim, 1) for width in below)
        self.mask_projection = nn.Conv2d(dim, dim, 1)

    def forward(self, maps: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """As ``PixelDecoder``: ``maps`` [N, C, h, w] from fine to coarse to mask features [N, dim, h, w] of the finest
        resolution, and the other three [N, dim, h, w] from coarse to fine.
        """
        *finer, joined = maps
        levels = [self.project[0](joined)]
        for number, (join, map_) in enumerate(zip(self.joins, reversed(finer), strict=True), 1):
            enlarged = F.interpolate(joined, map_.shape[-2:], mode='bilinear', align_corners=False)
            joined = join(torch.cat([enlarged, map_], 1))
            if number < len(self.project):
                levels.append(self.project[number](joined))
        return self.mask_projection(joined), levels
