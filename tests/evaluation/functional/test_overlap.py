"""IoU of superpoint masks against IoU of the points they stand for."""

import numpy as np
import pytest

from uniseg3d.evaluation.functional.overlap import all_iou, paired_iou

SIZES = np.array([3, 1, 5, 2])


def as_points(masks):
    return np.repeat(masks, SIZES, axis=-1)


def iou(a, b):
    return (a & b).sum() / max((a | b).sum(), 1)


@pytest.mark.parametrize('seed', range(3))
def test_pairs_and_all_pairs_over_points(seed):
    rng = np.random.default_rng(seed)
    first, second = rng.random((6, 4)) < 0.5, rng.random((6, 4)) < 0.5
    first[0] = second[0] = False
    expected = [[iou(a, b) for b in as_points(second)] for a in as_points(first)]
    np.testing.assert_allclose(all_iou(first, second, SIZES), expected, rtol=1e-14)
    np.testing.assert_allclose(paired_iou(first, second, SIZES), np.diag(expected), rtol=1e-14)


def test_rounds_share_their_partner():
    rounds = np.array([[[True, False, False, True]], [[True, False, True, True]]])  # [R, 1, M]
    meant = np.array([[True, False, True, True]])
    np.testing.assert_allclose(paired_iou(rounds, meant[None], SIZES), [[5 / 10], [1]])


def test_nothing_to_compare():
    none = np.zeros((0, 4), bool)
    assert paired_iou(none, none, SIZES).shape == (0,)
    assert all_iou(none, np.ones((2, 4), bool), SIZES).shape == (0, 2)
    assert paired_iou(np.zeros((1, 4), bool), np.zeros((1, 4), bool), SIZES).tolist() == [0]
