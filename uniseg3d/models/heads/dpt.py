"""Dense prediction from the tokens of several layers (DPT): to maps of four scales, fused from coarse to fine."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import ConfigError
from uniseg3d.utils.renaming import Value, rename

NAMES = {
    r'act_postprocess\.': 'reassemble.',
    **{rf'scratch\.layer{i + 1}_rn\.': f'adapt.{i}.' for i in range(4)},
    **{rf'scratch\.refinenet{i + 1}\.out_conv\.': f'fusions.{i}.out.' for i in range(4)},
    **{rf'scratch\.refinenet{i + 1}\.resConfUnit1\.': f'fusions.{i}.skip_unit.' for i in range(3)},
    **{rf'scratch\.refinenet{i + 1}\.resConfUnit2\.': f'fusions.{i}.unit.' for i in range(4)},
    r'head\.': 'head.',
}
ALIASES = {rf'scratch\.layer_rn\.{i}\.': f'adapt.{i}.' for i in range(4)}  # the same tensors once more
PATCH = 16  # pixels: what the four scales and the doublings lead back to
IDLE = 'scratch.refinenet4.resConfUnit1.'  # of the coarsest fusion, which has nothing to add


class ResidualUnit(nn.Module):
    """Two convolutions, each after a ReLU, added to what came in."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = (nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))

    def forward(self, maps: Tensor) -> Tensor:
        return maps + self.conv2(F.relu(self.conv1(F.relu(maps))))


class Fusion(nn.Module):
    """Adds the map of a finer layer, if there is one, and doubles the resolution."""

    def __init__(self, channels: int, with_skip: bool) -> None:
        super().__init__()
        self.skip_unit = ResidualUnit(channels) if with_skip else None
        self.unit = ResidualUnit(channels)
        self.out = nn.Conv2d(channels, channels, 1)

    def forward(self, maps: Tensor, skip: Tensor | None = None) -> Tensor:
        if skip is not None and self.skip_unit is not None:
            maps = maps + self.skip_unit(skip)
        return self.out(doubled(self.unit(maps)))


@MODELS.register_module()
class DPTTrunk(nn.Module):
    """One map of half the images' resolution from four of a decoder's layers, whose tokens are patches of 16 pixels.

    Args:
        widths: channels of the tokens of those four layers.
        hooks: which layers: 0 is the encoder's output.
        layer_dims: channels of the maps at 4, 2, 1 and 1/2 times the resolution of the patches.
        dim: channels of the fused maps.
    """

    def __init__(
        self,
        widths: Sequence[int] = (1024, 768, 768, 768),
        hooks: Sequence[int] = (0, 6, 9, 12),
        layer_dims: Sequence[int] = (96, 192, 384, 768),
        dim: int = 256,
    ) -> None:
        super().__init__()
        if not len(widths) == len(hooks) == len(layer_dims) == 4:
            raise ConfigError(f'widths {widths}, hooks {hooks} and layer_dims {layer_dims} must be four numbers each')
        self.hooks, self.dim = tuple(hooks), dim
        self.reassemble = nn.ModuleList(map(_rescaler, range(4), widths, layer_dims))
        self.adapt = nn.ModuleList(nn.Conv2d(channels, dim, 3, padding=1, bias=False) for channels in layer_dims)
        self.fusions = nn.ModuleList(Fusion(dim, with_skip=i < 3) for i in range(4))  # from fine to coarse

    def fuse(self, layers: Sequence[Tensor], size: tuple[int, int]) -> Tensor:
        """``layers`` [B, T, channels] as a decoder returns them, ``size`` (H, W) of the images: [B, dim, H / 2, W / 2]."""
        if max(self.hooks) >= len(layers):
            raise ConfigError(f'hooks {self.hooks} reach beyond layer {len(layers) - 1}, the last of the decoder')
        grid = (size[0] // PATCH, size[1] // PATCH)
        planes = [layers[hook].transpose(1, 2).unflatten(2, grid) for hook in self.hooks]  # [B, channels, rows, columns]
        maps = [adapt(scale(p)) for adapt, scale, p in zip(self.adapt, self.reassemble, planes, strict=True)]
        fused = self.fusions[3](maps[3])[..., : maps[2].shape[-2], : maps[2].shape[-1]]  # odd grids: one row too many
        for fusion, skip in zip(reversed(self.fusions[:3]), reversed(maps[:3]), strict=True):
            fused = fusion(fused, skip)
        return fused


@MODELS.register_module()
class DPT(DPTTrunk):
    """Pixels [B, out_channels, H, W] from the map of the trunk.

    ``last_dim``: channels before the last convolution (default: half of the trunk's); all other arguments are the trunk's.
    """

    def __init__(self, *args: Any, last_dim: int | None = None, out_channels: int = 4, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        last_dim = last_dim or self.dim // 2
        self.head = nn.Sequential(
            nn.Conv2d(self.dim, self.dim // 2, 3, padding=1),
            nn.Upsample(scale_factor=2, mode='bilinear', align_corners=True),
            nn.Conv2d(self.dim // 2, last_dim, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(last_dim, out_channels, 1),
        )

    def forward(self, layers: Sequence[Tensor], size: tuple[int, int]) -> Tensor:
        """``layers`` [B, T, channels] as a decoder returns them, ``size`` (H, W) of the images: [B, out_channels, H, W]."""
        return self.head(self.fuse(layers, size))


def _rescaler(level: int, width: int, channels: int) -> nn.Sequential:
    """Tokens' map to the resolution of its level: 4, 2, 1, 1/2 times."""
    layers: list[nn.Module] = [nn.Conv2d(width, channels, 1)]
    if level < 2:
        factor = 4 >> level
        layers.append(nn.ConvTranspose2d(channels, channels, factor, factor))
    elif level == 3:
        layers.append(nn.Conv2d(channels, channels, 3, 2, 1))
    return nn.Sequential(*layers)


def doubled(maps: Tensor) -> Tensor:
    """Maps [B, C, h, w] at twice the resolution."""
    return F.interpolate(maps, scale_factor=2, mode='bilinear', align_corners=True)


def remap_keys(weights: Mapping[str, Value]) -> dict[str, Value]:
    """A published head's ``weights`` under our names; a file may hold some twice, or one of the two ways only."""
    return {**rename(weights, ALIASES), **rename(weights, NAMES)}
