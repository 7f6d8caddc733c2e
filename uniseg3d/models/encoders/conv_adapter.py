"""Maps of four resolutions by plain convolutions: what a small network learns from few images in little time."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from uniseg3d.geometry.depth import usual_rays
from uniseg3d.models.encoders.spatial_prior import conv_step, norm_named
from uniseg3d.models.layers.upscaled import as_map
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import ConfigError


@MODELS.register_module()
class ConvAdapter(nn.Module):
    """In the place of ``ViTAdapter``: images to maps at 1/2, 1/4, 1/8 and 1/16 of the resolution, one of which joins what the
    transformer's last block made of its patches.

    Args:
        dim: channels of the transformer.
        widths: channels of the four maps.
        patch: pixels of the transformer's patches: 2, 4, 8 or 16.
        norm: of the convolutions: 'batch', or 'group'.
    """

    def __init__(self, dim: int, widths: Sequence[int] = (32, 64, 128, 128), patch: int = 8, norm: str = 'batch') -> None:
        super().__init__()
        if len(widths) != 4 or patch not in (2, 4, 8, 16):
            raise ConfigError(f'ConvAdapter makes four maps, the patches on one of them; got widths {widths}, patch {patch}')
        self.patch, self.level = patch, (2, 4, 8, 16).index(patch)
        layer = norm_named(norm)
        before = (5, *widths[:-1])
        self.steps = nn.ModuleList(
            nn.Sequential(
                *conv_step(narrow, wide, 2, layer), *conv_step(wide, wide, 1, layer), *conv_step(wide, wide, 1, layer)
            )
            for narrow, wide in zip(before, widths, strict=True)
        )
        self.tokens = nn.Conv2d(dim, widths[self.level], 1)

    def forward(self, images: Tensor, inner: Sequence[Tensor]) -> list[Tensor]:
        """``images`` [N, 3, H, W], ``inner`` [N, T, dim] of every block: four maps [N, C, h, w], from fine to coarse."""
        height, width = images.shape[-2:]
        places = usual_rays(height, width, images)[..., :2].permute(2, 0, 1)  # [2, H, W]: things hang, stand and lie
        maps = [torch.cat([images, places.expand(len(images), -1, -1, -1)], 1)]
        for number, step in enumerate(self.steps):
            maps.append(step(maps[-1]))
            if number == self.level:
                maps[-1] = maps[-1] + self.tokens(as_map(inner[-1], (height // self.patch, width // self.patch)))
        return maps[1:]
