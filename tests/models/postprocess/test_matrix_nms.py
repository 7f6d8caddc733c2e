"""Decay of scores by better masks of the same label."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from uniseg3d.models.postprocess.matrix_nms import KERNELS, matrix_nms
from uniseg3d.utils.errors import ConfigError


def literal(masks, scores, labels, kernel):
    """The definition, pair by pair; ``scores`` decreasing."""
    n = len(scores)
    iou = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1, n):
            shared = float((masks[i] * masks[j]).sum())
            if labels[i] == labels[j]:
                iou[i][j] = shared / (float(masks[i].sum()) + float(masks[j].sum()) - shared)
    decayed = []
    for j in range(n):
        factors = []
        for i in range(n):
            worst = max(iou[k][i] for k in range(n))
            linear = (1 - iou[i][j]) / (1 - worst)
            factors.append(linear if kernel == 'linear' else float(torch.tensor(2 * (worst**2 - iou[i][j] ** 2)).exp()))
        decayed.append(float(scores[j]) * min(factors))
    return torch.tensor(decayed)


@pytest.mark.parametrize('kernel', KERNELS)
@pytest.mark.parametrize('count', [1, 2, 25])
def test_equals_the_definition(kernel, count):
    generator = torch.Generator().manual_seed(count)
    masks = torch.rand(count, 30, generator=generator, dtype=torch.float64) ** 3
    scores = torch.rand(count, generator=generator, dtype=torch.float64)
    labels = torch.randint(0, 3, (count,), generator=generator)
    ours, rows = matrix_nms(masks, scores, labels, kernel)
    order = scores.argsort(descending=True)
    expected = literal(masks[order], scores[order], labels[order], kernel)
    assert sorted(rows.tolist()) == list(range(count))
    back = torch.empty_like(scores).index_copy_(0, rows, ours)
    torch.testing.assert_close(back[order].float(), expected, rtol=1e-5, atol=1e-7)
    assert (ours.diff() <= 0).all()


def test_a_duplicate_falls_to_zero_and_another_label_does_not():
    masks = torch.tensor([[1.0, 1, 0, 0], [1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1]])
    scores, rows = matrix_nms(masks, torch.tensor([0.9, 0.8, 0.7, 0.6]), torch.tensor([2, 2, 5, 2]))
    assert rows.tolist() == [0, 2, 3, 1]
    assert scores.tolist() == pytest.approx([0.9, 0.7, 0.6, 0.0])


@pytest.mark.parametrize('kernel', KERNELS)
def test_equal_hard_masks_give_no_nan(kernel):
    """The third of three equal masks would be 0 / 0."""
    scores, rows = matrix_nms(torch.ones(3, 5), torch.tensor([0.5, 0.9, 0.7]), torch.zeros(3), kernel)
    assert rows[0] == 1
    assert float(scores[0]) == pytest.approx(0.9) and (scores[1:] < 0.2).all() and scores.isfinite().all()


def test_empty_masks_share_nothing():
    scores, _ = matrix_nms(torch.zeros(2, 4), torch.tensor([0.5, 0.4]), torch.zeros(2))
    assert scores.tolist() == pytest.approx([0.5, 0.4])


def test_nothing_gives_nothing():
    scores, rows = matrix_nms(torch.zeros(0, 4), torch.zeros(0), torch.zeros(0))
    assert scores.shape == rows.shape == (0,) and rows.dtype == torch.int64


def test_equal_scores_keep_their_order():
    _, rows = matrix_nms(torch.eye(5), torch.full((5,), 0.5), torch.zeros(5))
    assert rows.tolist() == [0, 1, 2, 3, 4]


def test_an_unknown_kernel_is_refused():
    with pytest.raises(ConfigError, match="no kernel 'box'; expected one of linear, gaussian"):
        matrix_nms(torch.eye(2), torch.ones(2), torch.zeros(2), 'box')


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), st.integers(1, 8), st.integers(0, 10_000), st.sampled_from(KERNELS), st.booleans())
def test_scores_only_decay(count, superpoints, seed, kernel, hard):
    generator = torch.Generator().manual_seed(seed)
    masks = torch.rand(count, superpoints, generator=generator)
    masks = masks.round() if hard else masks
    scores, labels = torch.rand(count, generator=generator), torch.randint(0, 2, (count,), generator=generator)
    decayed, rows = matrix_nms(masks, scores, labels, kernel)
    assert sorted(rows.tolist()) == list(range(count))
    assert (decayed >= 0).all() and (decayed <= scores[rows] + 1e-6).all()
    assert float(decayed[0]) == pytest.approx(float(scores.max()))
