"""Average precision of prompts and numbers of clicks, by hand."""

import numpy as np
import pytest

from uniseg3d.evaluation.functional.interactive import GOALS, LEVELS, join_rounds, number_of_clicks, prompt_average_precision


def test_ten_levels_and_five_goals():
    np.testing.assert_allclose(LEVELS, np.linspace(0.5, 0.95, 10))
    assert GOALS == (0.5, 0.65, 0.8, 0.85, 0.9)


def test_average_precision_by_hand():
    iou, confidence = np.array([0.9, 0.4, 0.6, 0.5]), np.array([0.8, 0.9, 0.3, 0.1])
    half, quarter = prompt_average_precision(iou, confidence, (0.5, 0.25))
    # above 0.5 are the second and the third in order of confidence; 0.5 itself is not above
    assert half == pytest.approx((2 / 3 + 2 / 3) / 4)
    assert quarter == 1


def test_equal_confidences_count_together():
    iou = np.array([0.9, 0.1, 0.9])
    for order in ([0, 1, 2], [1, 0, 2], [2, 0, 1]):
        assert prompt_average_precision(iou[order], np.ones(3), (0.5,)) == pytest.approx(2 / 3 * 2 / 3)


def test_scenes_with_fewer_rounds_keep_their_last():
    long, short = np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]), np.array([[0.7], [0.9]])
    np.testing.assert_allclose(join_rounds([long, short]), [[0.1, 0.2, 0.7], [0.3, 0.4, 0.9], [0.5, 0.6, 0.9]])


def test_number_of_clicks_until_the_goal():
    rounds = np.array([[0.9, 0.1, 0.2], [0.9, 0.8, 0.3], [0.9, 0.7, 0.4]])  # the second falls again, the third never gets there
    assert number_of_clicks(rounds, 0.8) == pytest.approx((1 + 2 + 3) / 3)
    assert number_of_clicks(rounds, 0.05) == 1
