"""Images to tokens by convolutions: what a small network learns from few images in little time."""

import itertools
import math

from torch import nn

from uniseg3d.models.layers.patch_embed import PatchEmbed
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import ConfigError


@MODELS.register_module()
class ConvPatchEmbed(PatchEmbed):
    """Halves the image step by step instead of at once; ``patch`` is a power of two.

    Edges and textures are then the same everywhere by construction, and need not be learned for every place of a patch.
    """

    def __init__(self, dim: int, patch: int = 16, channels: int = 3, first: int = 24) -> None:
        nn.Module.__init__(self)
        steps = round(math.log2(patch))
        if patch < 2 or 2**steps != patch:
            raise ConfigError(f'ConvPatchEmbed halves images: patch must be 2, 4, 8, ..., got {patch}')
        self.dim, self.patch = dim, patch
        widths = [channels, *(min(first * 2**step, dim) for step in range(steps))]
        layers: list[nn.Module] = []
        for narrow, wide in itertools.pairwise(widths):
            layers += [nn.Conv2d(narrow, wide, 3, 2, 1), nn.GroupNorm(1, wide), nn.GELU()]
        self.proj = nn.Sequential(*layers, nn.Conv2d(widths[-1], dim, 1))  # type: ignore[assignment]
