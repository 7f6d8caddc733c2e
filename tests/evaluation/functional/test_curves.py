"""Curves small enough to draw by hand, and what no order may change."""

import numpy as np
import pytest

from uniseg3d.evaluation.functional.curves import curve

SCORES, RIGHT = np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, False, True, True])


def test_points_of_the_curve():
    made = curve(SCORES, RIGHT, wanted=4)
    np.testing.assert_allclose(made.precision, [1, 1 / 2, 2 / 3, 3 / 4])
    np.testing.assert_allclose(made.recall, [1 / 4, 1 / 4, 2 / 4, 3 / 4])


def test_areas_by_hand():
    made = curve(SCORES, RIGHT, wanted=4)
    straight = (1 + 1) / 2 + (1 / 2 + 2 / 3) / 2 + (2 / 3 + 3 / 4) / 2
    assert made.trapezoid_area() == pytest.approx(straight / 4)
    assert made.envelope_area() == pytest.approx((1 + 3 / 4 + 3 / 4) / 4)


def test_best_f1_of_equals_answers_more():
    assert curve(SCORES, RIGHT, wanted=4).best_f1() == pytest.approx((3 / 4, 3 / 4))
    same = curve(np.array([0.9, 0.8, 0.7]), np.array([True, False, False]), wanted=1)
    assert same.best_f1() == pytest.approx((1, 1))
    assert curve(np.array([0.9, 0.8]), np.array([False, False]), wanted=1).best_f1() == (0, 0)


@pytest.mark.parametrize('seed', range(4))
def test_the_order_of_answers_does_not_matter_even_with_equal_scores(seed):
    rng = np.random.default_rng(seed)
    scores, right = rng.integers(0, 5, 30) / 5, rng.random(30) < 0.5
    order = rng.permutation(30)
    first, second = curve(scores, right, 40), curve(scores[order], right[order], 40)
    assert first.trapezoid_area() == second.trapezoid_area() and first.envelope_area() == second.envelope_area()
    assert len(first.precision) == len(np.unique(scores))


def test_no_answers_and_nothing_wanted():
    none = curve(np.zeros(0), np.zeros(0, bool), wanted=3)
    assert (none.trapezoid_area(), none.envelope_area(), none.best_f1()) == (0, 0, (0, 0))
    assert curve(np.array([0.5]), np.array([False]), wanted=0).trapezoid_area() == 0


def test_everything_right_covers_everything():
    made = curve(np.array([0.5, 0.5, 0.2]), np.ones(3, bool), wanted=3)
    assert made.trapezoid_area() == pytest.approx(1) and made.envelope_area() == pytest.approx(1)
