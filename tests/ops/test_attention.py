"""Attention against its formula written out."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from uniseg3d.ops.attention import attention, prefer_near
from uniseg3d.utils.errors import DataError


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


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 2), max_size=2),
    *[st.integers(0, 7)] * 2,
    *[st.integers(1, 5)] * 2,
    st.floats(0, 1),
    st.integers(0, 99),
)
def test_any_shape_equals_the_formula(lead, queries, keys, width, values, share, seed):
    """No query, no key, everything blocked: results are finite, and so are gradients."""
    generator = torch.Generator().manual_seed(seed)
    sizes = ((queries, width), (keys, width), (keys, values))
    parts = [torch.randn(*lead, *size, generator=generator, dtype=torch.float64, requires_grad=True) for size in sizes]
    blocked = torch.rand(queries, keys, generator=generator) < share
    got = attention(*parts, blocked)
    rows = zip(*(part.detach().flatten(0, -3) if lead else part.detach()[None] for part in parts), strict=True)
    expected = [
        attention_by_formula(*row, blocked, 1 / math.sqrt(width)) if queries else got.new_zeros(0, values) for row in rows
    ]
    torch.testing.assert_close(got.detach(), torch.stack(expected).view(got.shape))
    got.sum().backward()
    assert all(part.grad.isfinite().all() for part in parts)


@pytest.mark.parametrize(
    ('key', 'value', 'blocked', 'message'),
    [
        (torch.ones(3, 5), torch.ones(3, 2), None, r'key \[3, 5\]'),
        (torch.ones(3, 4), torch.ones(2, 2), None, r'value \[2, 2\]'),
        (torch.ones(3, 4).double(), torch.ones(3, 2), None, 'expected one floating-point type'),
        (torch.ones(3, 4, device='meta'), torch.ones(3, 2), None, 'on one device'),
        (torch.ones(3, 4), torch.ones(3, 2), torch.zeros(2, 3), 'the mask is torch.float32'),
        (torch.ones(3, 4), torch.ones(3, 2), torch.zeros(2, 3, dtype=torch.int64), 'expected torch.bool'),
        (torch.ones(3, 4), torch.ones(3, 2), torch.zeros(2, 4, dtype=torch.bool), r'\[2, 4\]; expected'),
        (torch.ones(3, 4), torch.ones(3, 2), torch.zeros(3, dtype=torch.bool), r'\[3\]; expected'),
        (torch.ones(3, 4), torch.ones(3, 2), torch.zeros(5, 2, 3, dtype=torch.bool), r'\[5, 2, 3\]; expected'),
        (torch.ones(3, 4), torch.ones(3, 2), torch.zeros(2, 3, dtype=torch.bool, device='meta'), 'the mask is on meta'),
        (torch.ones(3, 4), torch.ones(3, 2), [[False]], 'the mask is a list'),
        (torch.ones(3, 4).numpy(), torch.ones(3, 2), None, 'Tensor, ndarray, Tensor; expected torch tensors'),
        (torch.ones(4), torch.ones(4), None, r'key \[4\]'),
    ],
)
def test_what_does_not_fit_is_refused(key, value, blocked, message):
    with pytest.raises(DataError, match=message):
        attention(torch.ones(2, 4), key, value, blocked)


def test_scenes_of_a_batch_that_do_not_pair_up_are_refused():
    query, mask = torch.ones(2, 4, 8), torch.zeros(3, 4, 4, dtype=torch.bool)
    with pytest.raises(DataError, match=r'the mask is torch.bool \[3, 4, 4\]; .* for queries \[2, 4, 8\]'):
        attention(query, query, query, mask)
    with pytest.raises(DataError, match=r'key \[3, 4, 8\]'):
        attention(query, torch.ones(3, 4, 8), torch.ones(3, 4, 8))
    with pytest.raises(DataError, match='expected one floating-point type'):
        attention(query.int(), query.int(), query.int())
    shared = torch.zeros(1, 4, 4, dtype=torch.bool)
    assert attention(query, query[:1], query[:1], shared).shape == query.shape


def test_one_row_of_a_mask_is_for_all_queries():
    query, key, value = torch.randn(2, 600, 4), torch.randn(2, 5, 4), torch.randn(2, 5, 3)
    row = torch.tensor([[True, False, True, False, False]])
    torch.testing.assert_close(attention(query, key, value, row), attention(query, key, value, row.expand(600, 5)))


def test_autocast_may_mix_types():
    with torch.autocast('cpu', torch.bfloat16):
        assert attention(torch.ones(2, 4), torch.ones(3, 4).bfloat16(), torch.ones(3, 2)).dtype == torch.bfloat16
