"""From decoded tokens and the image itself to what a gaussian of every pixel is made of."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.geometry.quaternion import real_first
from uniseg3d.geometry.radial import exp_length
from uniseg3d.models.heads import dpt
from uniseg3d.models.heads.dpt import doubled
from uniseg3d.models.layers.build import as_module
from uniseg3d.ops.rasterize.harmonics import CONSTANT
from uniseg3d.registry import MODELS
from uniseg3d.structures.gaussians import Gaussians
from uniseg3d.utils.errors import ConfigError
from uniseg3d.utils.renaming import Value, rename

TINY = 1e-8
OPACITY, SCALE, ROTATION = 1, 3, 4  # channels, in this order; the colours' harmonics are the rest


@MODELS.register_module()
class CentreHead(nn.Module):
    """Where the gaussian of every pixel is: convolutions over several layers. Runs in float32, whatever surrounds it.

    ``start``: metres before the first camera at which all points are about to start; for networks that know nothing yet, as
    what lies in the camera is not seen and teaches nothing.
    """

    def __init__(self, dpt: nn.Module | dict[str, Any], start: float | None = None) -> None:
        super().__init__()
        made: Any = as_module(dpt)
        self.dpt = made
        if start is not None:
            with torch.no_grad():
                made.head[-1].bias.copy_(torch.tensor([0.0, 0.0, math.log1p(start)]))

    def forward(self, layers: Sequence[Tensor], size: tuple[int, int]) -> Tensor:
        """``layers`` [N, T, channels] as a decoder returns them, ``size`` (H, W) of the images: points [N, H, W, 3]."""
        with torch.autocast(layers[0].device.type, enabled=False):
            return exp_length(self.dpt([layer.float() for layer in layers], size).permute(0, 2, 3, 1))


@MODELS.register_module()
class GaussianHead(nn.Module):
    """All else of these gaussians as raw numbers. Runs in float32, whatever surrounds it.

    Args:
        trunk: layers to a map of half the resolution (``DPTTrunk``).
        degree: of the spherical harmonics of the colours; rendering knows those up to 3.
        dropout: before the last convolution, in training.
        own_colors: harmonics are added to the colour of the pixel itself; for networks that know nothing yet. Images are then
            in -1..1.
    """

    def __init__(
        self, trunk: nn.Module | dict[str, Any], degree: int = 4, dropout: float = 0.1, own_colors: bool = False
    ) -> None:
        super().__init__()
        self.trunk: Any = as_module(trunk)
        self.own_colors, self.bands = own_colors, (degree + 1) ** 2
        dim: int = self.trunk.dim  # type: ignore[assignment]
        channels = OPACITY + SCALE + ROTATION + 3 * (degree + 1) ** 2
        self.look = nn.Sequential(nn.Conv2d(3, dim, 7, padding=3), nn.ReLU())
        self.head = nn.Sequential(
            nn.Conv2d(dim, dim, 3, padding=1, bias=False), nn.ReLU(), nn.Dropout(dropout), nn.Conv2d(dim, channels, 1)
        )

    def forward(self, layers: Sequence[Tensor], images: Tensor) -> Tensor:
        """``layers`` [N, T, channels] as a decoder returns them and ``images`` [N, 3, H, W]: [N, H, W, channels]."""
        with torch.autocast(images.device.type, enabled=False):
            size = (images.shape[-2], images.shape[-1])
            fused = doubled(self.trunk.fuse([layer.float() for layer in layers], size))
            raw = self.head(fused + self.look(images.float()))
            if self.own_colors:
                raw = raw + self._constant_colors(images.float())
            return raw.permute(0, 2, 3, 1)

    def _constant_colors(self, images: Tensor) -> Tensor:
        """``images`` [N, 3, H, W] in -1..1 as the first harmonic of each colour, among all channels of the head."""
        own = F.pad((images / (2 * CONSTANT))[:, :, None], (0, 0, 0, 0, 0, self.bands - 1))  # [N, 3, bands, H, W]
        return F.pad(own.flatten(1, 2), (0, 0, 0, 0, OPACITY + SCALE + ROTATION, 0))


@MODELS.register_module()
class GaussianAdapter(nn.Module):
    """Raw numbers to gaussians. It has no parameters.

    Args:
        unit: metres; scales are this times softplus of the raw number.
        largest: metres; no scale is above.
        first_band, decay: harmonics of degree d are multiplied by ``first_band * decay ** d``; degree 0 is as it is.
    """

    def __init__(self, unit: float = 0.001, largest: float = 0.3, first_band: float = 0.1, decay: float = 0.25) -> None:
        super().__init__()
        self.unit, self.largest, self.first_band, self.decay = unit, largest, first_band, decay

    def forward(self, points: Tensor, raw: Tensor, scene_id: str = '') -> Gaussians:
        """One scene: ``points`` [..., 3] and ``raw`` [..., channels] of its pixels, float32; gaussians in their order."""
        opacity, scale, rotation, colors = raw.flatten(0, -2).split(
            [OPACITY, SCALE, ROTATION, raw.shape[-1] - OPACITY - SCALE - ROTATION], -1
        )
        harmonics = colors.unflatten(-1, (3, -1))
        damping = harmonics.new_tensor(band_damping(harmonics.shape[-1], self.first_band, self.decay))
        return Gaussians(
            points.flatten(0, -2),
            (self.unit * F.softplus(scale)).clamp(max=self.largest),
            turning(real_first(rotation)),
            opacity[..., 0].sigmoid(),
            harmonics * damping,
            scene_id=scene_id,
        )


def turning(quaternions: Tensor) -> Tensor:
    """``quaternions`` [..., 4], those of no length replaced by one that turns nothing."""
    unturned = quaternions.new_tensor([1.0, 0.0, 0.0, 0.0])
    return torch.where(quaternions.norm(dim=-1, keepdim=True) > TINY, quaternions, unturned)


def band_damping(count: int, first: float, decay: float) -> list[float]:
    """The factor of each of ``count`` harmonics, ordered by degree."""
    degree = round(count**0.5) - 1
    if (degree + 1) ** 2 != count:
        raise ConfigError(f'{count} harmonics per colour are no whole number of bands; expected 1, 4, 9, 16 or 25')
    return [1.0 if d == 0 else first * decay**d for d in range(degree + 1) for _ in range(2 * d + 1)]


NAMES = {
    r'dpt\.input_merger\.': 'look.',
    r'dpt\.head\.0\.': 'head.0.',
    r'dpt\.head\.4\.': 'head.3.',
}


def remap_keys(weights: Mapping[str, Value]) -> dict[str, Value]:
    """A published gaussian head's ``weights`` under our names."""
    trunk = dpt.remap_keys(rename(weights, {r'dpt\.(?!head\.|input_merger\.)': ''}))
    return {**rename(weights, NAMES), **{f'trunk.{name}': value for name, value in trunk.items()}}


def remap_centre_keys(weights: Mapping[str, Value]) -> dict[str, Value]:
    """A published centre head's ``weights`` under our names."""
    return {f'dpt.{name}': value for name, value in dpt.remap_keys(rename(weights, {r'dpt\.': ''})).items()}
