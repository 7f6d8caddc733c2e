"""What was computed is kept, by content, up to a limit."""

import torch

from uniseg3d.text.feature_cache import FeatureCache

TOKENS = torch.tensor([[1, 2, 0], [1, 3, 0], [1, 2, 0]])


class Counted:
    """Doubles a row and remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def __call__(self, row):
        self.asked.append(row.tolist())
        return 2.0 * row


def test_equal_rows_are_computed_once():
    encode, cache = Counted(), FeatureCache(10)
    first = cache.rows(TOKENS, encode)
    second = cache.rows(TOKENS.flip(0), encode)
    assert encode.asked == [[1, 2, 0], [1, 3, 0]]
    assert torch.equal(torch.stack(first), 2.0 * TOKENS)
    assert all(a is b for a, b in zip(first, reversed(second), strict=True))


def test_the_longest_unused_row_goes_first():
    encode, cache = Counted(), FeatureCache(2)
    rows = torch.arange(3)[:, None]
    cache.rows(rows[:2], encode)
    cache.rows(rows[:1], encode)  # used again
    cache.rows(rows[2:], encode)  # row 1 has to go
    assert len(cache) == 2
    cache.rows(rows[:1], encode)
    assert encode.asked == [[0], [1], [2]]
    cache.rows(rows[1:2], encode)
    assert encode.asked[-1] == [1]


def test_a_batch_may_be_larger_than_the_cache():
    encode = Counted()
    for limit in (0, 1):
        cache = FeatureCache(limit)
        assert torch.equal(torch.stack(cache.rows(TOKENS, encode)), 2.0 * TOKENS)
        assert len(cache) == limit


def test_what_was_computed_in_inference_mode_can_train():
    cache, weight = FeatureCache(4), torch.ones(3, requires_grad=True)
    with torch.inference_mode():
        cache.rows(TOKENS.clone(), Counted())
    (torch.stack(cache.rows(TOKENS, Counted())) * weight).sum().backward()
    assert torch.equal(weight.grad, 2.0 * TOKENS.sum(0))


def test_no_graph_is_kept_and_clearing_forgets():
    cache, weight = FeatureCache(4), torch.ones(3, requires_grad=True)
    (feature,) = cache.rows(TOKENS[:1], lambda row: row * weight)
    assert not feature.requires_grad
    cache.clear()
    assert len(cache) == 0
