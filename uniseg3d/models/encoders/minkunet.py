"""The MinkUNet family: residual sparse U-Nets of OpenScene, SAS, Mask3D and many others."""

import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

from uniseg3d.models.layers.sparse_blocks import BasicBlock, concat, norm_relu
from uniseg3d.ops.sparse import (
    SparseConv3d,
    SparseConvolution,
    SparseInverseConv3d,
    SparseSequential,
    SparseTensor,
    SubMConv3d,
    convert_minkowski_state,
)
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import ConfigError


class Variant(NamedTuple):
    """Channels and number of blocks of the four stages down and the four stages up."""

    planes: tuple[int, ...]
    blocks: tuple[int, ...]


SHALLOW, MIDDLE, DEEP = (1,) * 8, (2,) * 8, (2, 3, 4, 6, 2, 2, 2, 2)
DOWN = (32, 64, 128, 256)
VARIANTS = {
    '14A': Variant((*DOWN, 128, 128, 96, 96), SHALLOW),
    '14B': Variant((*DOWN, 128, 128, 128, 128), SHALLOW),
    '14C': Variant((*DOWN, 192, 192, 128, 128), SHALLOW),
    '14D': Variant((*DOWN, 384, 384, 384, 384), SHALLOW),
    '18A': Variant((*DOWN, 128, 128, 96, 96), MIDDLE),
    '18B': Variant((*DOWN, 128, 128, 128, 128), MIDDLE),
    '18D': Variant((*DOWN, 384, 384, 384, 384), MIDDLE),
    '34A': Variant((*DOWN, 256, 128, 64, 64), DEEP),
    '34B': Variant((*DOWN, 256, 128, 64, 32), DEEP),
    '34C': Variant((*DOWN, 256, 128, 96, 96), DEEP),
}
STEM = 32
EPS = 1e-5


@MODELS.register_module()
class MinkUNet(nn.Module):
    """Features [V, in_channels] to [V, out_channels] on the same voxels, through strides 1 to 16 and back.

    ``out_channels=None``: without the last layer, so that the channels are those of the last stage.

    ``variant`` is a name of the family, or channels and blocks of one's own: ((8 widths), (8 counts)). ``head_bias`` is set
    for networks of the Res16UNet line (Mask3D), whose last layer has a bias.
    """

    def __init__(
        self,
        variant: str | Sequence[Sequence[int]] = '18A',
        in_channels: int = 3,
        out_channels: int | None = 512,
        stem_size: int = 5,
        head_bias: bool = False,
    ) -> None:
        super().__init__()
        planes, blocks = _variant(variant)
        widths = (STEM, *planes)  # after the stem and after each stage
        skips = (*widths[3:0:-1], STEM)  # what each stage up is joined with
        self.stem = SparseSequential(SubMConv3d(in_channels, STEM, stem_size), *norm_relu(STEM, EPS))
        self.down = nn.ModuleList(SparseSequential(SparseConv3d(width, width), *norm_relu(width, EPS)) for width in widths[:4])
        self.encoder = nn.ModuleList(_stage(*stage) for stage in zip(widths[:4], widths[1:5], blocks[:4], strict=True))
        self.up = nn.ModuleList(
            SparseSequential(SparseInverseConv3d(before, after), *norm_relu(after, EPS))
            for before, after in pairwise(widths[4:])
        )
        joined = [width + skip for width, skip in zip(widths[5:], skips, strict=True)]
        self.decoder = nn.ModuleList(_stage(*stage) for stage in zip(joined, widths[5:], blocks[4:], strict=True))
        self.head: nn.Module = SparseSequential()
        if out_channels is not None:
            self.head = SubMConv3d(widths[-1], out_channels, 1, bias=head_bias)
        self.apply(_initialise)

    def forward(self, tensor: SparseTensor) -> SparseTensor:
        """Voxels run in Morton order inside, where convolutions are faster; the caller's order comes back."""
        ordered, place = tensor.morton_sorted()
        skips = [self.stem(ordered)]
        for down, stage in zip(self.down, self.encoder, strict=True):
            skips.append(stage(down(skips[-1])))
        out = skips.pop()
        for up, stage in zip(self.up, self.decoder, strict=True):
            out = stage(concat(up(out), skips.pop()))
        return tensor.with_features(self.head(out).features[place])


@MODELS.register_module()
class Res16UNet34C(MinkUNet):
    """The backbone of Mask3D and its descendants, under the name their configs use."""

    def __init__(self, in_channels: int = 3, out_channels: int | None = 20, stem_size: int = 5, head_bias: bool = True) -> None:
        super().__init__('34C', in_channels, out_channels, stem_size, head_bias)


def _variant(variant: str | Sequence[Sequence[int]]) -> Variant:
    if isinstance(variant, str):
        if variant not in VARIANTS:
            raise ConfigError(f'unknown MinkUNet variant {variant!r}; expected one of {", ".join(VARIANTS)}')
        return VARIANTS[variant]
    planes, blocks = (tuple(numbers) for numbers in variant)
    if len(planes) != 8 or len(blocks) != 8 or min(*planes, *blocks) < 1:
        raise ConfigError(f'a MinkUNet has 8 widths and 8 counts of blocks, all at least 1; got {planes} and {blocks}')
    return Variant(planes, blocks)


def _stage(in_channels: int, out_channels: int, blocks: int) -> SparseSequential:
    return SparseSequential(*(BasicBlock(in_channels if i == 0 else out_channels, out_channels, EPS) for i in range(blocks)))


def _initialise(module: nn.Module) -> None:
    """As the originals do: normal by the number of outputs (of inputs at kernel size 1), uniform on the way up."""
    if not isinstance(module, SparseConvolution):
        return
    out_channels, in_channels, volume = module.weight.shape[0], module.weight.shape[-1], module.window.volume
    if isinstance(module, SparseInverseConv3d):
        bound = 1 / math.sqrt(out_channels * volume)
        nn.init.uniform_(module.weight, -bound, bound)
    else:
        nn.init.normal_(module.weight, std=math.sqrt(2 / (in_channels if volume == 1 else out_channels * volume)))


NAMES = {  # of MinkowskiEngine implementations -> ours; all keys of a layer follow
    r'conv0p1s1': lambda m: 'stem.0',
    r'bn0': lambda m: 'stem.1',
    r'conv(\d)p\d+s2': lambda m: f'down.{int(m[1]) - 1}.0',
    r'bn(\d)': lambda m: f'down.{int(m[1]) - 1}.1',
    r'convtr(\d)p\d+s2': lambda m: f'up.{int(m[1]) - 4}.0',
    r'bntr(\d)': lambda m: f'up.{int(m[1]) - 4}.1',
    r'block([1-4])\.(\d+)': lambda m: f'encoder.{int(m[1]) - 1}.{m[2]}',
    r'block([5-8])\.(\d+)': lambda m: f'decoder.{int(m[1]) - 5}.{m[2]}',
    r'final': lambda m: 'head',
}
INSIDE = {'conv1': 'branch.0', 'norm1': 'branch.1', 'conv2': 'branch.3', 'norm2': 'branch.4', 'downsample': 'shortcut'}


def remap_keys(state: Mapping[str, Tensor], prefix: str = 'net3d.') -> dict[str, Tensor]:
    """A checkpoint of a MinkowskiEngine implementation with our names and layout; keys without ``prefix`` are kept whole."""
    renamed = {_rename(name.removeprefix('module.').removeprefix(prefix)): value for name, value in state.items()}
    if renamed.get('head.bias', torch.empty(0)).ndim == 2:
        renamed['head.bias'] = renamed['head.bias'][0]  # [1, C] there
    return convert_minkowski_state(renamed)


def _rename(name: str) -> str:
    name = name.replace('.bn.', '.')
    for pattern, rename in NAMES.items():
        found = re.match(rf'{pattern}\.', name)
        if found:
            inside = re.sub(r'^(conv1|norm1|conv2|norm2|downsample)\b', lambda m: INSIDE[m[1]], name[found.end() :])
            return f'{rename(found)}.{inside}'
    return name
