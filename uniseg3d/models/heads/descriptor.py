"""MASt3R's head: points, and descriptors that match pixels of two images."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.models.heads import pointmap
from uniseg3d.models.heads.pointmap import PixelAnswers, patches_to_pixels
from uniseg3d.models.layers.build import as_module
from uniseg3d.models.layers.feed_forward import FeedForward
from uniseg3d.registry import MODELS
from uniseg3d.utils.renaming import Value, rename


@MODELS.register_module()
class DescriptorHead(nn.Module):
    """A pointmap head beside two linear layers over the first and last tokens, which describe every pixel.

    ``features`` channels per descriptor; ``dims``: channels of the encoder's and of the decoder's tokens.
    """

    def __init__(
        self,
        pointmap: nn.Module | dict[str, Any],
        dims: Sequence[int] = (1024, 768),
        features: int = 24,
        mlp_ratio: float = 4.0,
        patch: int = 16,
    ) -> None:
        super().__init__()
        self.pointmap, self.patch = as_module(pointmap), patch
        self.local = FeedForward(sum(dims), int(mlp_ratio * sum(dims)), (features + 1) * patch**2)

    def forward(self, layers: Sequence[Tensor], size: tuple[int, int]) -> PixelAnswers:
        """``layers`` as a decoder returns them; ``size`` (H, W) of the images."""
        with torch.autocast(layers[0].device.type, enabled=False):
            both = torch.cat([layers[0].float(), layers[-1].float()], -1)
            pixels = patches_to_pixels(self.local(both), size, self.patch)  # [B, H, W, features + 1]
        descriptors, confidence = F.normalize(pixels[..., :-1], dim=-1), pixels[..., -1].exp()
        return self.pointmap(layers, size)._replace(descriptors=descriptors, descriptor_confidence=confidence)


def remap_keys(weights: Mapping[str, Value]) -> dict[str, Value]:
    """A published head's ``weights`` under our names."""
    inside = {f'pointmap.{name}': value for name, value in pointmap.remap_keys(weights).items()}
    return {**inside, **rename(weights, {r'head_local_features\.': 'local.'})}
