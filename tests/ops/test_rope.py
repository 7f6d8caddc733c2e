"""Rotary positions against their formula."""

import gc
import math

import pytest
import torch

from uniseg3d.ops import rope as module
from uniseg3d.ops.rope import RoPE2D, grid_positions
from uniseg3d.utils.errors import ConfigError

WIDTH = 8


def by_hand(token, row, column, base=100.0, scale=1.0):
    """One token [WIDTH], channel by channel."""
    half, quarter, result = WIDTH // 2, WIDTH // 4, token.clone()
    for axis, place in enumerate((row, column)):
        for i in range(quarter):
            angle = place * scale / base ** (i / quarter)
            a, b = axis * half + i, axis * half + quarter + i
            result[a] = token[a] * math.cos(angle) - token[b] * math.sin(angle)
            result[b] = token[b] * math.cos(angle) + token[a] * math.sin(angle)
    return result


@pytest.mark.parametrize('scale', [1.0, 224 / 512])
def test_equals_the_formula(scale):
    tokens = torch.randn(2, 3, 6, WIDTH, dtype=torch.float64)
    turned = RoPE2D(scale=scale)(grid_positions(2, 3), WIDTH)(tokens)
    for t, (row, column) in enumerate([(r, c) for r in range(2) for c in range(3)]):
        torch.testing.assert_close(turned[1, 2, t], by_hand(tokens[1, 2, t], row, column, scale=scale), atol=1e-6, rtol=0)


def test_products_depend_on_the_distance_only():
    query, key = torch.randn(2, 1, 1, 1, WIDTH)
    rope = RoPE2D()

    def product(a, b):
        at = [rope(torch.tensor([place]), WIDTH) for place in (a, b)]
        return (at[0](query) * at[1](key)).sum()

    torch.testing.assert_close(product((3, 5), (1, 9)), product((13, 25), (11, 29)))
    assert not torch.isclose(product((3, 5), (1, 9)), product((3, 5), (2, 9)))


def test_positions_of_each_image():
    tokens, positions = torch.randn(2, 1, 4, WIDTH), torch.randint(9, (2, 4, 2))
    together = RoPE2D()(positions, WIDTH)(tokens)
    alone = [RoPE2D()(places, WIDTH)(one[None]) for places, one in zip(positions, tokens, strict=True)]
    torch.testing.assert_close(together, torch.cat(alone))


def test_grid_and_tables_are_made_once():
    positions = grid_positions(4, 5)
    assert positions is grid_positions(4, 5) and positions.tolist()[:6] == [[0, 0], [0, 1], [0, 2], [0, 3], [0, 4], [1, 0]]
    assert RoPE2D()(positions, WIDTH) is RoPE2D()(positions, WIDTH)
    assert RoPE2D()(positions, WIDTH) is not RoPE2D(base=10)(positions, WIDTH)


def test_tables_go_with_their_positions():
    positions = torch.randint(9, (4, 2))
    RoPE2D()(positions, WIDTH)
    before = len(module._ROTATIONS)
    del positions
    gc.collect()
    assert len(module._ROTATIONS) == before - 1


def test_tables_made_while_predicting_serve_training():
    with torch.inference_mode():
        RoPE2D()(grid_positions(7, 3), WIDTH)(torch.randn(1, 1, 21, WIDTH))
    tokens = torch.randn(1, 1, 21, WIDTH, requires_grad=True)
    RoPE2D()(grid_positions(7, 3), WIDTH)(tokens).square().sum().backward()
    torch.testing.assert_close(tokens.grad, 2 * tokens.detach(), atol=1e-5, rtol=0)  # a rotation keeps lengths


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_half_precision_is_turned_exactly(dtype):
    tokens, positions = torch.randn(1, 1, 600, WIDTH).to(dtype), grid_positions(20, 30)
    turned = RoPE2D()(positions, WIDTH)(tokens)
    assert turned.dtype == dtype
    torch.testing.assert_close(turned, RoPE2D()(positions, WIDTH)(tokens.float()).to(dtype), rtol=0, atol=0)


def test_the_compatible_precision_rounds():
    tokens, positions = torch.randn(1, 1, 600, WIDTH), grid_positions(20, 30)
    exact, rounded = (RoPE2D(precision=p)(positions, WIDTH)(tokens) for p in ('fp32', 'fp16'))
    assert rounded.dtype == torch.float32
    assert 1e-4 < (exact - rounded).abs().max() < 0.1


@pytest.mark.parametrize('name', ['RoPE', 'cosine', 'RoPE100_224', 'RoPE0', 'RoPE100_224:0', 'RoPE100); import os'])
def test_unknown_names_are_refused(name):
    with pytest.raises(ConfigError, match='RoPE100'):
        RoPE2D.named(name)


def test_names():
    assert RoPE2D.named('RoPE100') == RoPE2D()
    assert RoPE2D.named('RoPE100_224:512', 'fp16') == RoPE2D(100.0, 224 / 512, 'fp16')


def test_what_cannot_be_rotated():
    with pytest.raises(ConfigError, match='multiple of 4'):
        RoPE2D()(grid_positions(2, 2), 6)
    with pytest.raises(ConfigError, match='rope_precision'):
        RoPE2D(precision='int8')
