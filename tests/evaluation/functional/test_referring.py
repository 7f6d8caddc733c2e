"""What guessing scores, and F1 of sentences that mean several objects."""

import numpy as np
import pytest

from uniseg3d.evaluation.functional.referring import chosen_object, guess_by_class, referring_f1, separate_parts

SIZES = np.array([10, 10, 20, 5])
MASKS = np.eye(4, dtype=bool)  # one superpoint for each of four objects
LABELS = np.array([0, 0, 1, 0])


def test_a_guess_is_right_once_in_so_many():
    guess = guess_by_class(MASKS[[0, 2]], np.array([0, 1]), MASKS, LABELS, SIZES)
    assert guess.rivals.tolist() == [3, 1]
    np.testing.assert_allclose(guess.iou, [1 / 3, 1])
    np.testing.assert_allclose(guess.hits, [[1 / 3, 1 / 3], [1, 1]])


def test_overlapping_objects_help_who_guesses():
    masks = np.array([[True, True, False, False], [True, False, False, False]])
    guess = guess_by_class(masks[:1], np.array([0]), masks, np.array([0, 0]), SIZES)
    np.testing.assert_allclose(guess.iou, [(1 + 1 / 2) / 2])
    np.testing.assert_allclose(guess.hits, [[1 / 2, 1]])  # an IoU of 1/2 is above 0.25 only


def test_random_picks_approach_the_expected_value():
    rng = np.random.default_rng(0)
    masks, sizes = rng.random((5, 8)) < 0.5, rng.integers(1, 30, 8)
    labels = np.array([0, 1, 1, 1, 1])
    guess = guess_by_class(masks[1:2], np.array([1]), masks, labels, sizes)
    ious = [(sizes * (masks[1] & m)).sum() / (sizes * (masks[1] | m)).sum() for m in masks[rng.integers(1, 5, 4000)]]
    assert guess.iou[0] == pytest.approx(np.mean(ious), abs=0.02)
    assert guess.hits[0, 1] == pytest.approx(np.mean(np.array(ious) > 0.25), abs=0.03)


def test_a_class_that_the_scene_lacks_is_never_guessed():
    guess = guess_by_class(MASKS[:1], np.array([7]), MASKS, LABELS, SIZES)
    assert (guess.rivals.tolist(), guess.iou.tolist(), guess.hits.tolist()) == ([0], [0], [[0, 0]])
    empty = guess_by_class(MASKS[:0], LABELS[:0], MASKS[:0], LABELS[:0], SIZES)
    assert empty.iou.shape == (0,) and empty.hits.shape == (0, 2)


@pytest.mark.parametrize(
    ('table', 'half', 'quarter'),
    [
        ([[1.0]], 1, 1),
        ([[0.3]], 0, 1),
        ([[0.5]], 1, 1),  # from the level on
        ([[0.6, 0.0], [0.0, 0.3]], 0.5, 1),
        ([[0.6, 0.55], [0.5, 0.1]], 1, 1),  # 0.55 and 0.5 together beat 0.6 and 0.1
        ([[0.9], [0.9]], 2 / 3, 2 / 3),  # one of the two masks is too much
        ([[0.9, 0.0, 0.0]], 0.5, 0.5),
    ],
)
def test_f1_of_several_objects(table, half, quarter):
    assert referring_f1(np.array(table), 0.5) == pytest.approx(half)
    assert referring_f1(np.array(table), 0.25) == pytest.approx(quarter)


def test_f1_where_nothing_is_meant_or_said():
    assert referring_f1(np.zeros((0, 0)), 0.5) == 1
    assert referring_f1(np.zeros((2, 0)), 0.5) == referring_f1(np.zeros((0, 3)), 0.5) == 0


THINGS = np.array([2, 2, 3, -1])  # two superpoints of thing 2, one of thing 3, one of none; of 10, 10, 20 and 5 points


@pytest.mark.parametrize(
    ('mask', 'parts'),
    [
        ([1, 1, 1, 1], [[1, 1, 0, 0], [0, 0, 1, 0]]),  # what is no thing is left out
        ([1, 0, 1, 0], [[0, 0, 1, 0]]),  # half of a thing is not most of it
        ([1, 0, 0, 1], [[1, 0, 0, 1]]),  # most of no thing: one object as it is
        ([0, 0, 0, 1], [[0, 0, 0, 1]]),
        ([0, 0, 0, 0], []),
    ],
)
def test_masks_fall_apart_into_the_things_they_hold(mask, parts):
    found = separate_parts(np.array(mask, bool), THINGS, SIZES)
    assert found.shape == (len(parts), 4) and found.tolist() == np.array(parts, bool).reshape(-1, 4).tolist()
    whole = separate_parts(np.array(mask, bool), np.full(4, -1), SIZES)  # no thing was found anywhere
    assert whole.tolist() == ([np.array(mask, bool).tolist()] if any(mask) else [])


def test_the_chosen_object_is_overlapped_most():
    masks = np.array([[1, 0, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]], bool)
    assert chosen_object(masks, MASKS, SIZES).tolist() == [0, 2, -1]
    assert chosen_object(masks, MASKS[:0], SIZES).tolist() == [-1, -1, -1]
