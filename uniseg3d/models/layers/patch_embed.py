"""Images to tokens: one per patch, in raster order."""

import torch
from torch import Tensor, nn

from uniseg3d.ops.rope import grid_positions
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import DataError


@MODELS.register_module()
class PatchEmbed(nn.Module):
    """A linear map of every ``patch`` x ``patch`` square; images are taken as they lie."""

    def __init__(self, dim: int, patch: int = 16, channels: int = 3) -> None:
        super().__init__()
        self.dim, self.patch = dim, patch
        self.proj = nn.Conv2d(channels, dim, patch, patch)
        nn.init.xavier_uniform_(self.proj.weight.view(dim, -1))  # as a linear layer

    def forward(self, images: Tensor, true_shape: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """``images`` [B, 3, H, W] to tokens [B, T, dim] and their rows and columns [T, 2] (or [B, T, 2] if they differ).

        ``true_shape`` [B, 2] is of use to ``ManyAspectPatchEmbed`` only.
        """
        return self._embed(images)

    def _embed(self, images: Tensor) -> tuple[Tensor, Tensor]:
        height, width = images.shape[-2:]
        if height % self.patch or width % self.patch:
            raise DataError(f'images are {height} x {width} pixels (H x W); crop or resize to multiples of {self.patch}')
        tokens = self.proj(images)  # [B, dim, H / patch, W / patch]
        return tokens.flatten(2).transpose(1, 2), grid_positions(*tokens.shape[-2:], device=images.device)


@MODELS.register_module()
class ManyAspectPatchEmbed(PatchEmbed):
    """For batches that mix portrait and landscape images, all stored as landscape: portraits are turned upright first.

    The tokens of a portrait come in its own raster order, with positions on its own grid.
    """

    def forward(self, images: Tensor, true_shape: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """``true_shape`` [B, 2]: height and width of every image as it should be looked at."""
        if true_shape is None:
            return self._embed(images)
        _check_stored(images, true_shape)
        portrait = (true_shape[:, 0] > true_shape[:, 1]).to(images.device)  # [B]
        tokens, lying = self._embed(images)
        if not portrait.any():
            return tokens, lying
        turned, standing = self._embed(images[portrait].transpose(2, 3))
        positions = torch.where(portrait[:, None, None], standing, lying)  # [B, T, 2]
        return tokens.index_put((portrait.nonzero()[:, 0],), turned), positions


def _check_stored(images: Tensor, true_shape: Tensor) -> None:
    height, width = images.shape[-2:]
    if height > width:
        raise DataError(f'images are {height} x {width} pixels (H x W); a mixed batch is stored lying: transpose them')
    found = true_shape.sort(1).values.unique(dim=0).tolist()
    if found != [[height, width]]:
        raise DataError(f'true shapes are {found} (short and long sides) for images stored as {height} x {width} (H x W)')
