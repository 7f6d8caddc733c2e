"""Gaussians along the rays of known cameras: for networks too small to learn where pixels look."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from uniseg3d.geometry.depth import camera_rays
from uniseg3d.models.heads.pointmap import patches_to_pixels
from uniseg3d.models.heads.rays import FIRST_DEPTH, quiet_layers  # whose weights this one may start from
from uniseg3d.registry import MODELS


@MODELS.register_module()
class RayCentreHead(nn.Module):
    """Two linear layers from the last tokens to the depth of every pixel of their patches, on the pixel's own ray."""

    def __init__(self, dim: int, patch: int = 16, mlp_ratio: float = 2.0) -> None:
        super().__init__()
        self.patch = patch
        self.mlp = quiet_layers(dim, int(dim * mlp_ratio), patch**2)

    def forward(self, layers: Sequence[Tensor], size: tuple[int, int], cameras: Tensor) -> Tensor:
        """``layers`` as a decoder returns them, the last [B, T, dim]; ``size`` (H, W) and ``cameras`` [B, 3, 3] in pixels of
        the images: points [B, H, W, 3] in the image's own camera.
        """
        with torch.autocast(layers[-1].device.type, enabled=False):
            raw = patches_to_pixels(self.mlp(layers[-1].float()), size, self.patch)  # [B, H, W, 1]
            return camera_rays(cameras.float(), *size) * (FIRST_DEPTH * raw.exp())
