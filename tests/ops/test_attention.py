"""Attention against its formula written out."""

import math

import pytest
import torch

from uniseg3d.ops.attention import attention, prefer_near


def attention_by_formula(query, key, value, blocked, scale):
    """One query at a time, over the keys it may see."""
    rows = []
    for q, hidden in zip(query, blocked, strict=True):
        if hidden.all():
            rows.append(value.new_zeros(value.shape[1]))
            continue
        weights = torch.softmax(key[~hidden] @ q * scale, 0)
        rows.append((weights[:, None] * value[~hidden]).sum(0))
    return torch.stack(rows)


@pytest.fixture
def parts():
    generator = torch.Generator().manual_seed(1)
    query, key, value = (torch.randn(*size, generator=generator, dtype=torch.float64) for size in ((5, 8), (6, 8), (6, 4)))
    blocked = torch.rand(5, 6, generator=generator) < 0.5
    blocked[2] = True
    return query, key, value, blocked


@pytest.mark.parametrize('scale', [None, 0.7])
def test_equals_the_formula(parts, scale):
    expected = attention_by_formula(*parts, scale or 1 / math.sqrt(8))
    torch.testing.assert_close(attention(*parts, scale=scale), expected)
    assert attention(*parts)[2].tolist() == [0.0] * 4


def test_gradients_equal_the_formula_and_stay_finite_where_everything_is_blocked(parts):
    *tensors, blocked = parts
    fast, slow = ([t.clone().requires_grad_() for t in tensors] for _ in range(2))
    attention(*fast, blocked).square().sum().backward()
    attention_by_formula(*slow, blocked, 1 / math.sqrt(8)).square().sum().backward()
    for a, b in zip(fast, slow, strict=True):
        assert a.grad.isfinite().all()
        torch.testing.assert_close(a.grad, b.grad)


def test_without_a_mask_every_key_is_seen(parts):
    query, key, value, blocked = parts
    torch.testing.assert_close(attention(query, key, value), attention(query, key, value, torch.zeros_like(blocked)))


def test_near_keys_are_preferred_by_squared_distance():
    generator = torch.Generator().manual_seed(2)
    query, key, value = (torch.randn(2, 9, 8, generator=generator, dtype=torch.float64) for _ in range(3))
    position = torch.rand(9, 3, generator=generator, dtype=torch.float64) * 5
    rate = torch.tensor([0.0, 1.5], dtype=torch.float64)
    scale = 1 / math.sqrt(8)
    logits = query @ key.transpose(1, 2) * scale - rate[:, None, None] * torch.cdist(position, position).square()
    wide_query, wide_key = prefer_near(query, key, position, rate, scale)
    torch.testing.assert_close(attention(wide_query, wide_key, value, scale=scale), logits.softmax(-1) @ value)


def test_the_word_of_the_caller_changes_nothing_where_it_is_true(parts):
    query, key, value, blocked = parts
    blocked[2, 0] = False
    torch.testing.assert_close(attention(*parts, every_row_sees=True), attention(query, key, value, blocked))
