"""Where patches lie in the world, as a transformer can compare it."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.models.layers.loftup import Waves
from uniseg3d.registry import MODELS


@MODELS.register_module()
class PatchPlaces(nn.Module):
    """Middles of patches in the world as sines: networks too small to keep that in their tokens are told.

    ``frequencies`` from a period of 46 to one of ``2 π / exp(highest)`` units of the world, mostly metres.
    """

    def __init__(self, frequencies: int = 8, highest: float = 2.5) -> None:
        super().__init__()
        self.waves = Waves(3, frequencies, highest)
        self.dim = 6 * frequencies

    def forward(self, points: Tensor, grid: tuple[int, int]) -> Tensor:
        """World ``points`` [V, H, W, 3] of images with ``grid`` = rows x columns patches: [V, T, dim]."""
        with torch.autocast(points.device.type, enabled=False):
            middles = F.adaptive_avg_pool2d(points.detach().float().permute(0, 3, 1, 2), grid)
            return self.waves(middles.flatten(2).mT)


def patch_grid(size: Sequence[int], patches: int) -> tuple[int, int]:
    """Rows and columns of so many square patches in an image of ``size`` (H, W)."""
    height, width = size
    patch = round((height * width / patches) ** 0.5)
    return height // patch, width // patch
