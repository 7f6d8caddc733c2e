"""Masks from attention."""

import pytest
import torch

from uniseg3d.priors.attention_masks import attention_mask
from uniseg3d.utils.errors import DataError


def maps_of(quarter):
    maps = {}
    for side in (16, 32, 64):
        looked = torch.full((side, side, 3), 0.1)
        rows, columns = divmod(quarter, 2)
        half = side // 2
        looked[rows * half : (rows + 1) * half, columns * half : (columns + 1) * half, 1] = 1.0
        maps[side] = [looked.reshape(1, -1, 3).expand(2, -1, -1)] * 2
    return maps


@pytest.mark.parametrize('quarter', range(4))
def test_the_mask_is_where_the_word_looked(quarter):
    mask = attention_mask(maps_of(quarter), [1], size=64)
    rows, columns = divmod(quarter, 2)
    inside = mask[rows * 32 : (rows + 1) * 32, columns * 32 : (columns + 1) * 32]
    assert inside.float().mean() > 0.9 and mask.sum() - inside.sum() < 64


def test_a_word_that_looked_nowhere_has_no_mask():
    flat = {side: [torch.zeros(1, side * side, 2)] for side in (16, 32, 64)}
    assert not attention_mask(flat, [0], size=32).any()


def test_what_is_missing_is_named():
    with pytest.raises(DataError, match='no token'):
        attention_mask(maps_of(0), [])
    with pytest.raises(DataError, match='32 x 32'):
        attention_mask({16: maps_of(0)[16], 64: maps_of(0)[64]}, [1])
