"""Instance matching on objects of which every rule of the benchmark can be counted by hand.

``tests/tools/test_evaluation_benchmark.py`` compares random scenes with a literal implementation.
"""

import numpy as np
import pytest

from uniseg3d.evaluation.functional.instance import (
    LEVELS,
    InstanceMatches,
    instance_scores,
    match_instances,
    summarised,
)
from uniseg3d.evaluation.functional.scene_truth import SceneTruth
from uniseg3d.utils.errors import DataError

CHAIR, TABLE, CLASSES = 0, 1, 3
# superpoints of ten points each: four of chair 0, four of table 1, one of a small chair 2, three of nothing
OWNER = np.array([0, 0, 0, 0, 1, 1, 1, 1, 2, -1, -1, -1])
CLASS = np.where(OWNER == 1, TABLE, np.where(OWNER >= 0, CHAIR, CLASSES))


def matched(masks, scores, labels, min_points=20):
    ids = np.repeat(np.arange(len(OWNER)), 10)
    truth = SceneTruth.count(ids, CLASS[ids], OWNER[ids])
    things = np.where(truth.instance >= 0, truth.semantic, -1)
    rows = np.array([[column in mask for column in range(len(OWNER))] for mask in masks]).reshape(-1, len(OWNER))
    return match_instances(rows, np.array(scores, float), np.array(labels, int), truth, things, CLASSES, min_points)


def at(matches, level):
    """(label, score, found) of the entries at one IoU level, in order."""
    rows = np.flatnonzero(np.isclose(LEVELS[matches.level], level))
    entries = zip(matches.label[rows].tolist(), matches.score[rows].tolist(), matches.found[rows].tolist(), strict=True)
    return sorted(entries)


def test_the_levels_are_those_of_the_benchmark():
    np.testing.assert_allclose(LEVELS, [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.25])


def test_small_objects_need_not_be_found():
    assert matched([], [], []).objects.tolist() == [1, 1, 0]
    assert matched([], [], [], min_points=10).objects.tolist() == [2, 1, 0]


def test_a_mask_finds_the_object_of_its_class_up_to_its_iou():
    matches = matched([{0, 1, 2}], [0.9], [CHAIR])  # IoU 3/4
    assert at(matches, 0.7) == [(CHAIR, 0.9, True)]
    assert at(matches, 0.75) == [(CHAIR, 0.9, False)]  # it must be above
    assert at(matched([{0, 1, 2}], [0.9], [TABLE]), 0.25) == [(TABLE, 0.9, False)]


def test_of_two_masks_on_one_object_the_surer_one_finds_it():
    matches = matched([{0, 1, 2}, {0, 1, 2, 3}], [0.6, 0.9], [CHAIR, CHAIR])
    assert at(matches, 0.5) == [(CHAIR, 0.6, False), (CHAIR, 0.9, True)]
    assert at(matches, 0.9) == [(CHAIR, 0.6, False), (CHAIR, 0.9, True)]


def test_masks_where_nothing_is_asked_do_not_count():
    nothing = matched([{9, 10, 11}], [0.9], [CHAIR])
    assert all(not at(nothing, level) for level in (0.25, 0.5, 0.9))
    part = matched([{9, 10, 4}], [0.9], [CHAIR])  # two thirds on nothing, one on a table
    assert at(part, 0.6) == [] and at(part, 0.7) == [(CHAIR, 0.9, False)]


def test_masks_on_small_objects_of_their_class_do_not_count():
    assert at(matched([{8, 9}], [0.9], [CHAIR]), 0.9) == []
    assert at(matched([{8, 9}], [0.9], [TABLE]), 0.5) == [(TABLE, 0.9, False)]  # only half lies on nothing


def test_small_masks_are_left_out():
    assert at(matched([{0}], [0.9], [CHAIR]), 0.25) == []
    assert at(matched([{0}], [0.9], [CHAIR], min_points=10), 0.25) == [(CHAIR, 0.9, False)]


def test_a_mask_that_found_one_object_cannot_find_another():
    ids = np.repeat(np.arange(4), 10)
    truth = SceneTruth.count(ids, np.zeros(40, int), np.repeat([0, 1], 20))
    both = np.ones((1, 4), bool)  # IoU 1/2 with each
    matches = match_instances(both, np.ones(1), np.zeros(1, int), truth, np.zeros(2, int), 1, min_points=1)
    assert at(matches, 0.25) == [(0, 1.0, True)]
    assert instance_scores(matches).recall[9, 0] == 0.5


def test_scores_of_classes_with_without_and_with_unfound_objects():
    matches = matched([{0, 1, 2, 3}, {4, 5, 6, 7}, {0}], [0.9, 0.8, 0.7], [CHAIR, 2, TABLE])
    scores = instance_scores(matches)
    np.testing.assert_allclose(scores.ap[0], [1, 0, np.nan])  # there is no object of class 2, whatever is predicted
    np.testing.assert_allclose(scores.recall[0], [1, 0, np.nan])
    np.testing.assert_allclose(scores.precision_half, [1, 0, np.nan])
    np.testing.assert_allclose(scores.recall_half, [1, 0, np.nan])


def test_scenes_are_joined_before_the_curve():
    good, bad = matched([{0, 1, 2, 3}], [0.5], [CHAIR]), matched([{4, 5, 6}], [0.9], [CHAIR])
    scores = instance_scores(InstanceMatches.total([good, bad]))
    # the surer mask is wrong: precision 0 at recall 0, then 1 / 2 at 1 / 2 of the two chairs
    np.testing.assert_allclose(scores.ap[0, CHAIR], 0.5 * 0.25)
    assert instance_scores(InstanceMatches.total([bad, good])).ap[0, CHAIR] == scores.ap[0, CHAIR]


def test_three_summaries_of_the_levels():
    values = np.arange(10.0)[:, None]
    assert {name: float(v[0]) for name, v in summarised(values).items()} == {'': 4, '_50%': 0, '_25%': 9}


@pytest.mark.parametrize('label', [-1, 3])
def test_labels_of_another_list_are_refused(label):
    with pytest.raises(DataError, match=rf'have classes {label}\.\.{label}, expected 0\.\.2'):
        matched([{0, 1}], [1.0], [label])
