"""LPIPS: how different two images look, by the features of a network for pictures (VGG16) whose weights lie on the disk."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.utils.errors import CheckpointError
from uniseg3d.utils.weights import load_weights

SHIFT, SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
SLICES = ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28))  # numbers of VGG16's convolutions, level by level
KERNEL = re.compile(r'(?:.*\.)?slice(\d)\.(\d+)\.(weight|bias)$')
CHANNEL_WEIGHTS = re.compile(r'(?:.*\.)?lins?\.?(\d)\.model\.1\.weight$')
TINY = 1e-8


class PerceptualDistance(nn.Module):
    """LPIPS with the weights of a file that has them under torchmetrics' names, whatever stands before these.

    A released checkpoint of SIU3R is such a file. The weights are constants: they are in no checkpoint of ours.
    """

    def __init__(self, weights: str | Path) -> None:
        super().__init__()
        for name, value in _constants(load_weights(weights).state_dict, str(weights)).items():
            self.register_buffer(name, value, persistent=False)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Distances [N] of images [N, 3, H, W] in 0..1."""
        weights = [self.get_buffer(f'level{level}') for level in range(len(SLICES))]
        with torch.autocast(first.device.type, enabled=False):
            return feature_distance(self._features(first.float()), self._features(second.float()), weights)

    def _features(self, images: Tensor) -> list[Tensor]:
        """What every level sees [N, C, h, w]."""
        shift, scale = (images.new_tensor(value)[:, None, None] for value in (SHIFT, SCALE))
        maps, levels = (2 * images - 1 - shift) / scale, []
        for level, numbers in enumerate(SLICES):
            maps = F.max_pool2d(maps, 2) if level else maps
            for number in numbers:
                kernel, bias = (self.get_buffer(f'{kind}{number}') for kind in ('weight', 'bias'))
                maps = F.relu(F.conv2d(maps, kernel, bias, padding=1))
            levels.append(maps)
        return levels


def feature_distance(first: Sequence[Tensor], second: Sequence[Tensor], weights: Sequence[Tensor]) -> Tensor:
    """Distances [N] of features [N, C, h, w] of several levels; ``weights`` [C] of the channels of each."""
    total = first[0].new_zeros(len(first[0]))
    for one, other, weight in zip(first, second, weights, strict=True):
        square = (_unit(one) - _unit(other)).square()
        total = total + (square * weight[:, None, None]).sum(1).mean((1, 2))
    return total


def _unit(features: Tensor) -> Tensor:
    return features / (TINY + features.square().sum(1, keepdim=True)).sqrt()


def _constants(weights: Mapping[str, Tensor], source: str) -> dict[str, Tensor]:
    """``weight<n>`` and ``bias<n>`` of the convolutions, ``level<n>`` [C] of the levels."""
    found = {}
    for name, value in weights.items():
        if kernel := KERNEL.match(name):
            found[f'{kernel[3]}{kernel[2]}'] = value
        elif level := CHANNEL_WEIGHTS.match(name):
            found[f'level{level[1]}'] = value.flatten()
    numbers = [number for slice_ in SLICES for number in slice_]
    needed = [f'{kind}{n}' for n in numbers for kind in ('weight', 'bias')] + [f'level{n}' for n in range(len(SLICES))]
    missing = [name for name in needed if name not in found]
    if missing:
        raise CheckpointError(
            f'{source} holds no LPIPS network: {len(missing)} of {len(needed)} tensors are missing, such as {missing[0]}; '
            'expected names like net.slice1.0.weight and lin0.model.1.weight'
        )
    return {name: found[name].float() for name in needed}
