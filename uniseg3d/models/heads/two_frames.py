"""Points of every pixel in two frames: that of its own camera, and that of the first one."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from uniseg3d.geometry.alignment import register_pose
from uniseg3d.models.heads.pointmap import POINTS, PointActivation, patches_to_pixels
from uniseg3d.models.layers.linear import Linear
from uniseg3d.registry import MODELS
from uniseg3d.utils.renaming import Value, rename


class TwoFrameAnswer(NamedTuple):
    """What a head says about every pixel of B images."""

    world: Tensor  # [B, H, W, 3] in the camera of the first image
    local: Tensor  # [B, H, W, 3] in the image's own camera
    confidence: Tensor  # [B, H, W], above 1, of both

    def camera_to_world(self) -> Tensor:
        """The poses [B, 4, 4] that bring local points to where world points are, sure ones before others."""
        local, world = (points.flatten(1, 2).float() for points in (self.local, self.world))
        sure = (self.confidence - 1).flatten(1).float()
        usable = local.isfinite().all(-1) & world.isfinite().all(-1) & sure.isfinite()  # [B, H * W]
        local, world = (torch.where(usable[..., None], points, 0.0) for points in (local, world))
        return register_pose(local, world, torch.where(usable, sure, 0.0))


@MODELS.register_module()
class TwoFrameHead(nn.Module):
    """One linear map from the last tokens to the pixels of their patches. Runs in float32, whatever surrounds it.

    ``landscape_only`` turns what is said of portrait images so that it lies, as the original does unless told otherwise.
    """

    def __init__(self, dim: int = 768, patch: int = 16, points: str = 'exp', landscape_only: bool = False) -> None:
        super().__init__()
        self.patch, self.landscape_only = patch, landscape_only
        self.proj = Linear(dim, 7 * patch**2)
        self.activation = PointActivation(points)

    def forward(self, layers: Sequence[Tensor], size: tuple[int, int]) -> TwoFrameAnswer:
        """``layers`` as a decoder returns them, the last [B, T, dim]; ``size`` (H, W) of the images."""
        return self.activate(self.raw(layers, size))

    def beside(self, layers: Sequence[Tensor], size: tuple[int, int], sights: Sequence[Any]) -> tuple[TwoFrameAnswer, None]:
        """As ``PlacedHead`` answers; here tokens know where their view is, whatever was seen before."""
        return self(layers, size), None

    def raw(self, layers: Sequence[Tensor], size: tuple[int, int]) -> Tensor:
        """[B, H, W, 7]: world, local, confidence."""
        with torch.autocast(layers[-1].device.type, enabled=False):
            raw = patches_to_pixels(self.proj(layers[-1].float()), size, self.patch)
        return raw.transpose(1, 2) if self.landscape_only and size[0] > size[1] else raw

    def activate(self, raw: Tensor) -> TwoFrameAnswer:
        """Raw channels [B, H, W, 7] to points and confidence."""
        world = self.activation(raw[..., [0, 1, 2, 6]])
        return TwoFrameAnswer(world.points, POINTS[self.activation.points](raw[..., 3:6]), world.confidence)


def remap_keys(weights: Mapping[str, Value]) -> dict[str, Value]:
    """Those of published ``weights`` that belong to the head, under its own names."""
    return rename(weights, {r'head_dec\.': ''})
