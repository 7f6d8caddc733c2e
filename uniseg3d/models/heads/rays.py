"""Points as depths along rays: where a pixel looks is known before anything is learned."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from uniseg3d.geometry.depth import usual_rays
from uniseg3d.models.heads.pointmap import PixelAnswers, PointActivation, patches_to_pixels
from uniseg3d.models.layers.feed_forward import FeedForward
from uniseg3d.models.layers.linear import init_linears
from uniseg3d.registry import MODELS

FIRST_DEPTH = 2.0  # metres, or whatever the unit is
_QUIET = 0.2  # of the usual weights: the first answers are nearly a wall at that depth


def quiet_layers(dim: int, hidden: int, channels: int) -> FeedForward:
    """Two linear layers that begin by answering little."""
    layers = FeedForward(dim, hidden, channels)
    init_linears(layers)
    with torch.no_grad():
        layers.fc2.weight.mul_(_QUIET)
    return layers


@MODELS.register_module()
class RayPointmapHead(nn.Module):
    """Two linear layers from the last tokens to a depth and a correction of the ray of every pixel of their patches."""

    def __init__(self, dim: int, patch: int = 16, mlp_ratio: float = 2.0) -> None:
        super().__init__()
        self.patch = patch
        self.mlp = quiet_layers(dim, int(dim * mlp_ratio), 4 * patch**2)
        self.activation = PointActivation('linear')

    def forward(self, layers: Sequence[Tensor], size: tuple[int, int]) -> PixelAnswers:
        """``layers`` as a decoder returns them, the last [B, T, dim]; ``size`` (H, W). Points in the image's own camera."""
        with torch.autocast(layers[-1].device.type, enabled=False):
            raw = patches_to_pixels(self.mlp(layers[-1].float()), size, self.patch)  # [B, H, W, 4]
            depth = FIRST_DEPTH * raw[..., 2:3].exp()
            rays = usual_rays(*size, raw)[..., :2] + raw[..., :2]
            return PixelAnswers(torch.cat([rays * depth, depth], -1), self.activation.confidence(raw[..., 3]))
