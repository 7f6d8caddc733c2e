"""Groups of two and of many views: what is joined, what stays apart, and a plain loop that does the same."""

import numpy as np
import pytest

from uniseg3d.datasets.preparation.mask_merging import drop_small, merge_pair, merge_views


def partition(groups: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(groups == number).tolist()) for number in np.unique(groups[groups >= 0])}


def test_two_views_of_one_object_are_one_group() -> None:
    first = np.array([0, 0, 0, 0, -1, -1, -1])
    second = np.array([-1, -1, 0, 0, 0, 0, 1])  # half of the smaller one is common
    assert partition(merge_pair(first, second)) == {frozenset(range(6)), frozenset({6})}
    assert partition(merge_pair(first, second, overlap=0.6)) == {frozenset(range(4)), frozenset({4, 5}), frozenset({6})}


def test_a_large_group_takes_up_the_parts_that_the_other_view_sees() -> None:
    first = np.zeros(8, int)
    second = np.array([0, 0, 0, 1, 1, 1, -1, -1])
    assert partition(merge_pair(first, second)) == partition(merge_pair(second, first)) == {frozenset(range(8))}


def test_where_both_views_speak_the_first_counts() -> None:
    first, second = np.array([0, 0, 0, 0, 0, -1]), np.array([-1, -1, -1, -1, 0, 0])
    assert partition(merge_pair(first, second, overlap=0.9)) == {frozenset(range(5)), frozenset({5})}


@pytest.mark.parametrize('nothing', [np.full(4, -1), np.array([-1, -1, -1, -1])])
def test_views_of_nothing(nothing: np.ndarray) -> None:
    groups = np.array([1, 1, -1, 0])
    assert partition(merge_pair(groups, nothing)) == partition(merge_pair(nothing, groups)) == partition(groups)
    assert merge_pair(nothing, nothing).tolist() == [-1] * 4


def test_small_groups_go_and_numbers_close_up() -> None:
    assert drop_small(np.array([5, 5, -1, 2, 7, 7]), 2).tolist() == [0, 0, -1, -1, 1, 1]
    assert drop_small(np.array([4, 4]), 1).tolist() == [0, 0]
    assert drop_small(np.array([4, -1]), 2).tolist() == [-1, -1]


@pytest.mark.parametrize('count', [1, 2, 3, 7])
def test_noisy_views_of_known_objects_give_the_objects(count: int) -> None:
    """Each view sees two thirds of the points, loses some and numbers the objects as it likes."""
    rng = np.random.default_rng(count)
    true = np.repeat(np.arange(5), 200)
    views = []
    for _ in range(count):
        view = rng.permutation(9)[true]
        view[rng.random(1000) < 0.35] = -1
        view[rng.random(1000) < 0.02] = rng.integers(0, 9)
        views.append(view)
    merged = merge_views(views, least=30)
    known = merged >= 0
    assert len(np.unique(merged[known])) == 5
    assert all(
        (np.bincount(merged[known & (true == number)]).max() > 0.9 * (known & (true == number)).sum()) for number in range(5)
    )
    assert known.mean() > 1 - 0.4**count


def test_adoption_equals_a_loop() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.integers(-1, 6, 400), rng.integers(-1, 4, 400)
    expected_second = second + 100
    expected_second[second < 0] = -1
    for number in range(4):
        mine = second == number
        shares = [(mine & (first == other)).sum() for other in range(6)]
        best = int(np.argmax(shares))
        if shares[best] >= 0.2 * min(mine.sum(), (first == best).sum()):
            expected_second[mine] = best
    expected = first.copy()
    for number in range(6):
        mine = first == number
        names, shares = np.unique(expected_second[mine & (expected_second >= 0)], return_counts=True)
        best = names[shares.argmax()]
        if shares.max() >= 0.2 * min(mine.sum(), (expected_second == best).sum()):
            expected[mine] = best
    expected = np.where(expected >= 0, expected, expected_second)
    assert partition(merge_pair(first, second, overlap=0.2)) == partition(expected)
