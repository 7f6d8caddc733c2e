"""Images to tokens by convolutions: what a small network learns from few images in little time."""

import itertools
import math

import torch
from torch import Tensor, nn

from uniseg3d.geometry.depth import usual_rays
from uniseg3d.models.layers.patch_embed import PatchEmbed
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import ConfigError

_GROUPS = 4


@MODELS.register_module()
class ConvPatchEmbed(PatchEmbed):
    """Halves the image step by step instead of at once, two convolutions a step; ``patch`` is a power of two.

    Edges and textures are then the same everywhere by construction, and need not be learned for every place of a patch.
    ``places``: each pixel also says where it lies in the image, which rotary embeddings, being relative, do not.
    """

    def __init__(self, dim: int, patch: int = 16, channels: int = 3, first: int = 24, places: bool = True) -> None:
        nn.Module.__init__(self)
        steps = round(math.log2(patch))
        if patch < 2 or 2**steps != patch:
            raise ConfigError(f'ConvPatchEmbed halves images: patch must be 2, 4, 8, ..., got {patch}')
        self.dim, self.patch, self.places = dim, patch, places
        widths = [channels + 2 * places, *(min(first * 2**step, dim) for step in range(steps))]
        layers: list[nn.Module] = []
        for narrow, wide in itertools.pairwise(widths):
            layers += [*_convolution(narrow, wide, 2), *_convolution(wide, wide, 1)]
        self.proj = nn.Sequential(*layers, nn.Conv2d(widths[-1], dim, 1))  # type: ignore[assignment]

    def _embed(self, images: Tensor) -> tuple[Tensor, Tensor]:
        if self.places:
            height, width = images.shape[-2:]
            where = usual_rays(height, width, images)[..., :2].permute(2, 0, 1)  # [2, H, W]
            images = torch.cat([images, where.expand(len(images), -1, -1, -1)], 1)
        return super()._embed(images)


def _convolution(narrow: int, wide: int, stride: int) -> list[nn.Module]:
    return [nn.Conv2d(narrow, wide, 3, stride, 1), nn.GroupNorm(_GROUPS, wide), nn.ReLU()]
