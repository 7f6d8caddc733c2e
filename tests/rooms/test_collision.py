"""Boxes overlap exactly when they share space."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uniseg3d.rooms.collision import Boxes, box_at, contains, overlap, stack


def one(x: float, y: float, w: float, d: float, yaw: float = 0.0, low: float = 0.0, high: float = 1.0) -> Boxes:
    return box_at((x, y), (w, d), yaw, low, high)


def test_touching_is_not_overlapping() -> None:
    assert not overlap(one(0, 0, 1, 1), one(1, 0, 1, 1)).any()
    assert overlap(one(0, 0, 1, 1), one(0.99, 0, 1, 1)).all()
    assert not overlap(one(0, 0, 1, 1), one(0, 0, 1, 1, low=1.0, high=2.0)).any()


def test_a_turned_box_reaches_further_along_its_diagonal() -> None:
    assert not overlap(one(0, 0, 1, 1), one(1.1, 0, 1, 1)).any()
    assert overlap(one(0, 0, 1, 1), one(1.1, 0, 1, 1, np.pi / 4)).all()
    # the boxes around both overlap, the turned squares themselves do not
    assert not overlap(one(0, 0, 1, 1, np.pi / 4), one(0.9, 0.9, 1, 1, np.pi / 4)).any()


def test_growing_widens_the_floor_plan_only() -> None:
    grown = one(0, 0, 1, 1).grown(0.25)
    assert overlap(grown, one(1.2, 0, 1, 1)).all()
    assert grown.high[0] == 1.0


def test_stacking_keeps_the_order_and_may_be_empty() -> None:
    boxes = stack([one(0, 0, 1, 1), one(5, 0, 1, 1), one(0, 5, 1, 1)])
    assert overlap(one(5, 0, 0.5, 0.5), boxes).tolist() == [[False, True, False]]
    assert overlap(boxes, stack([])).shape == (3, 0)


def test_corners_run_counter_clockwise() -> None:
    corners = one(1, 2, 2, 4).corners()[0]
    np.testing.assert_allclose(corners, [[0, 0], [2, 0], [2, 4], [0, 4]])


@given(
    x=st.floats(-1.5, 1.5),
    y=st.floats(-1.5, 1.5),
    yaws=st.tuples(st.floats(-3, 3), st.floats(-3, 3)),
    sizes=st.tuples(*[st.floats(0.2, 2)] * 4),
)
@settings(max_examples=80, deadline=None)
def test_overlap_agrees_with_counting_common_points(x: float, y: float, yaws: tuple, sizes: tuple) -> None:
    a, b = one(0, 0, sizes[0], sizes[1], yaws[0]), one(x, y, sizes[2], sizes[3], yaws[1])
    steps = np.linspace(-2, 2, 161)
    grid = np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2)
    shared = (contains(a, grid) & contains(b, grid)).sum()
    if shared > 0:
        assert overlap(a, b, tolerance=-1e-6).all()
    if overlap(a, b, tolerance=0.08).all():
        assert shared > 0


def test_contains_is_exact_on_the_border() -> None:
    inside = contains(one(0, 0, 2, 1, np.pi / 2), np.array([[0.49, 0.99], [0.51, 0.0], [0.0, 1.01]]))
    assert inside.tolist() == [[True, False, False]]


@pytest.mark.parametrize('order', [(0, 1), (1, 0)])
def test_overlap_is_symmetric(order: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    groups = [Boxes(rng.random((6, 2)), rng.random((6, 2)) / 3, rng.random(6) * 6, np.zeros(6), np.ones(6)) for _ in (0, 1)]
    first, second = groups[order[0]], groups[order[1]]
    np.testing.assert_array_equal(overlap(first, second), overlap(second, first).T)
