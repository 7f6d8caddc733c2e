"""From decoded tokens to a point per pixel, and how sure the network is of it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.geometry.radial import exp_length
from uniseg3d.models.heads import dpt
from uniseg3d.models.layers.build import as_module
from uniseg3d.models.layers.linear import Linear
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import ConfigError
from uniseg3d.utils.renaming import Value, rename

POINTS: dict[str, Callable[[Tensor], Tensor]] = {'exp': exp_length, 'linear': lambda raw: raw}


class PixelAnswers(NamedTuple):
    """What a head says about every pixel of B images."""

    points: Tensor  # [B, H, W, 3]
    confidence: Tensor  # [B, H, W], above the least confidence of the head
    descriptors: Tensor | None = None  # [B, H, W, F] of unit length, alike where pixels show the same place
    descriptor_confidence: Tensor | None = None  # [B, H, W], above 0
    local: Tensor | None = None  # [B, H, W, 3] in the image's own camera
    pose: Tensor | None = None  # [B, 7] of that camera: translation, unit quaternion (w, x, y, z)

    def image(self, row: int) -> 'PixelAnswers':
        """What is said of one image, without the axis of images."""
        parts = [None if part is None else part[row] for part in self]
        return PixelAnswers(*parts)  # type: ignore[arg-type]


class PointActivation(nn.Module):
    """Raw channels to points and confidence: ``points`` 'exp' stretches lengths to e^x - 1, 'linear' leaves them; confidence
    is ``least`` + e^x, at most ``most``."""

    def __init__(self, points: str = 'exp', least: float = 1.0, most: float = float('inf')) -> None:
        super().__init__()
        if points not in POINTS:
            raise ConfigError(f'point activation {points!r} is unknown; expected one of {", ".join(POINTS)}')
        self.points, self.least, self.most = points, least, most

    def forward(self, raw: Tensor) -> PixelAnswers:
        """``raw`` [B, H, W, 3 + 1]."""
        return PixelAnswers(POINTS[self.points](raw[..., :3]), self.confidence(raw[..., 3]))

    def confidence(self, raw: Tensor) -> Tensor:
        return (self.least + raw.exp()).clamp(max=self.most)


def patches_to_pixels(tokens: Tensor, size: tuple[int, int], patch: int) -> Tensor:
    """Tokens [B, T, channels * patch²] of patches in raster order to pixels [B, H, W, channels]."""
    rows, columns = size[0] // patch, size[1] // patch
    planes = tokens.transpose(1, 2).unflatten(2, (rows, columns))  # [B, channels * patch², rows, columns]
    return F.pixel_shuffle(planes, patch).permute(0, 2, 3, 1)


@MODELS.register_module()
class LinearPointmapHead(nn.Module):
    """One linear map from the last tokens to the pixels of their patches. Runs in float32, whatever surrounds it."""

    def __init__(self, dim: int = 768, patch: int = 16, points: str = 'exp', least_confidence: float = 1.0) -> None:
        super().__init__()
        self.patch = patch
        self.proj = Linear(dim, 4 * patch**2)
        self.activation = PointActivation(points, least_confidence)

    def forward(self, layers: Sequence[Tensor], size: tuple[int, int]) -> PixelAnswers:
        """``layers`` as a decoder returns them, the last [B, T, dim]; ``size`` (H, W) of the images."""
        with torch.autocast(layers[-1].device.type, enabled=False):
            return self.activation(patches_to_pixels(self.proj(layers[-1].float()), size, self.patch))


@MODELS.register_module()
class DPTPointmapHead(nn.Module):
    """Convolutions over several layers at several scales. Runs in float32, whatever surrounds it."""

    def __init__(self, dpt: nn.Module | dict[str, Any], points: str = 'exp', least_confidence: float = 1.0) -> None:
        super().__init__()
        self.dpt = as_module(dpt)
        self.activation = PointActivation(points, least_confidence)

    def forward(self, layers: Sequence[Tensor], size: tuple[int, int]) -> PixelAnswers:
        """``layers`` as a decoder returns them, each [B, T, channels]; ``size`` (H, W) of the images."""
        with torch.autocast(layers[0].device.type, enabled=False):
            return self.activation(self.dpt([layer.float() for layer in layers], size).permute(0, 2, 3, 1))


def remap_keys(weights: Mapping[str, Value]) -> dict[str, Value]:
    """A published head's ``weights`` under the names of the linear or the DPT head."""
    inside = {f'dpt.{name}': value for name, value in dpt.remap_keys(rename(weights, {r'dpt\.': ''})).items()}
    return {**inside, **rename(weights, {r'proj\.': 'proj.'})}
