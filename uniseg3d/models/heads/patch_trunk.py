"""One map from the tokens of a decoder without any convolution over patches: for small networks and small patches."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.models.layers.linear import Linear, init_linears
from uniseg3d.models.layers.upscaled import as_map
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import ConfigError


@MODELS.register_module()
class PatchTrunk(nn.Module):
    """What ``DPTTrunk`` gives, a map of half the images' resolution, of the first and the last of a decoder's layers.

    Args:
        widths: channels of the tokens of those two.
        patch: pixels; an even number.
        dim: channels of the map.
    """

    def __init__(self, widths: Sequence[int], patch: int = 8, dim: int = 32) -> None:
        super().__init__()
        if len(widths) != 2 or patch % 2:
            raise ConfigError(f'PatchTrunk needs two widths and an even patch, got {tuple(widths)} and {patch}')
        self.patch, self.dim = patch, dim
        self.proj = Linear(sum(widths), dim * (patch // 2) ** 2)
        init_linears(self)

    def fuse(self, layers: Sequence[Tensor], size: tuple[int, int]) -> Tensor:
        """``layers`` [B, T, channels] as a decoder returns them, ``size`` (H, W) of the images: [B, dim, H / 2, W / 2]."""
        tokens = self.proj(torch.cat([layers[0], layers[-1]], -1))
        return F.pixel_shuffle(as_map(tokens, (size[0] // self.patch, size[1] // self.patch)), self.patch // 2)
