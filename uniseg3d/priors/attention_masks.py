"""Rough masks of what a diffusion model drew: where it looked at the words of the class."""

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from uniseg3d.utils.errors import DataError

SIDES = (16, 32, 64)  # of the attention maps that show where things are


def attention_mask(
    maps: Mapping[int, Sequence[Tensor]], tokens: Sequence[int], size: int = 512, threshold: float = 0.7
) -> Tensor:
    """Mask [size, size] bool from cross-attention.

    Args:
        maps: for each side of the maps, those of all layers [heads, side², T], averaged over the steps.
        tokens: places of the words of the class among the T.
        threshold: share of the range between the least and the largest attention from which on a pixel belongs to the mask.
    """
    if not tokens:
        raise DataError(
            'the prompt has no token of the class name; attention to it cannot be read: name the class in the prompt'
        )
    missing = [side for side in SIDES if not maps.get(side)]
    if missing:
        raise DataError(f'there are no attention maps of {missing[0]} x {missing[0]}; expected some of each of {SIDES}')
    words = torch.tensor(list(tokens))
    looked = torch.stack([_enlarged(maps[side], side, words, size) for side in SIDES]).mean(0)  # [T', size, size]
    attention = looked.mean(0)
    attention = attention - attention.min()
    return attention > threshold * attention.max()


def _enlarged(layers: Sequence[Tensor], side: int, words: Tensor, size: int) -> Tensor:
    """Mean over layers and heads of the attention to each word, as a share of its largest value [T', size, size]."""
    heads = torch.cat([layer.float() for layer in layers])  # [layers * heads, side², T]
    maps = heads.mean(0)[:, words.to(heads.device)].T.unflatten(1, (side, side))
    large = F.interpolate(maps[None], (size, size), mode='bicubic')[0]
    return large / large.amax((1, 2), keepdim=True).clamp(min=1e-12)
