"""The vision transformer of SIU3R: it is told the camera of the image, and shows what every block made of the patches."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from uniseg3d.models.encoders import vit
from uniseg3d.models.encoders.vit import ViTEncoder
from uniseg3d.models.layers.linear import Linear
from uniseg3d.ops.rope import grid_positions
from uniseg3d.registry import MODELS
from uniseg3d.utils.renaming import Value, rename


class CameraTokens(NamedTuple):
    """N images as their patches and, last, their camera."""

    tokens: Tensor  # [N, T + 1, dim], normalised
    positions: Tensor  # [T + 1, 2] row and column; the camera stands below the first column
    inner: list[Tensor]  # per block [N, T, dim], the patches alone and not normalised


@MODELS.register_module()
class CameraViT(ViTEncoder):
    """A ``ViTEncoder`` with one more token, made of the camera matrix.

    ``freeze`` keeps all but the camera's part as it is: the patches are then seen as the network was taught before.
    """

    def __init__(self, *args: Any, freeze: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if freeze:
            self.requires_grad_(False)
        self.camera = Linear(9, self.dim)

    def forward(self, images: Tensor, cameras: Tensor) -> CameraTokens:  # type: ignore[override]
        """``images`` [N, 3, H, W] and their ``cameras`` [N, 3, 3] in shares of the image."""
        tokens, _ = self.patch_embed(images, None)
        patch: int = self.patch_embed.patch  # type: ignore[assignment]
        positions = _places(images.shape[-2] // patch, images.shape[-1] // patch, images.device)
        tokens = torch.cat([tokens, self.camera(cameras.flatten(1).to(tokens))[:, None]], 1)
        inner = []
        for output in self.each_block(tokens, positions):
            tokens = output
            inner.append(output[:, :-1])
        return CameraTokens(self.norm(tokens), positions, inner)


@lru_cache(maxsize=64)
def _places(rows: int, columns: int, device: torch.device) -> Tensor:
    """The same tensor whenever asked again, so that its rotations are computed once."""
    with torch.inference_mode(False):
        below = torch.tensor([[rows, 0]], device=device)
        return torch.cat([grid_positions(rows, columns, device=device), below])


def remap_keys(weights: Mapping[str, Value]) -> dict[str, Value]:
    """Those of published ``weights`` that belong to the encoder, under its own names."""
    return {**vit.remap_keys(weights), **rename(weights, {r'intrinsic_encoder\.': 'camera.'})}
