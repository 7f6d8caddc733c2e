import numpy as np
import pytest

from uniseg3d.evaluation.functional.coco import NONE, class_precision, coco_scores, match_scene, overlaps
from uniseg3d.evaluation.functional.view_objects import ObjectMaps, match_objects

SIDE = 40  # pixels: squares of it are of medium size


def scene(iou: list[list[float]], scores: list[float], objects: int):
    table = np.array(iou, float).reshape(len(scores), objects)
    return match_scene(table, np.array(scores), np.full(len(scores), SIDE**2.0), np.full(objects, SIDE**2.0))


def score(*scenes) -> dict[str, float]:
    return coco_scores([class_precision(scenes)])


def test_perfect_masks() -> None:
    found = score(scene([[1, 0], [0, 1]], [0.9, 0.8], 2))
    assert found['map'] == found['map_50'] == found['map_medium'] == found['mar_100'] == 1
    assert found['mar_1'] == 0.5  # one mask can find one object of two
    assert found['map_small'] == found['map_large'] == NONE


def test_thresholds() -> None:
    found = score(scene([[0.72]], [0.9], 1))
    assert found['map_50'] == 1 and found['map_75'] == 0 and found['map'] == pytest.approx(0.5)


def test_a_better_scored_wrong_mask_costs_precision() -> None:
    assert score(scene([[0.0], [1.0]], [0.9, 0.8], 1))['map'] == pytest.approx(0.5)
    assert score(scene([[0.0], [1.0]], [0.7, 0.8], 1))['map'] == 1


def test_an_object_is_found_once() -> None:
    found = score(scene([[0.9], [0.8]], [0.6, 0.5], 1), scene([[0.9]], [0.4], 1))
    assert found['map_50'] == pytest.approx((51 * 1 + 50 * 2 / 3) / 101)


def test_scenes_without_masks_and_without_objects() -> None:
    assert score(scene([], [], 2))['map'] == 0
    assert score(scene([], [], 0))['map'] == NONE
    assert score(scene([[]], [0.9], 0))['map'] == NONE
    assert coco_scores([]) == {}


def test_masks_of_other_sizes_are_ignored() -> None:
    table, scores = np.array([[0.99, 0], [0, 0]]), np.array([0.9, 0.8])
    matches = match_scene(table, scores, np.array([10.0, 1e4]), np.array([12.0, 1e4]))
    found = score(matches)
    assert found['map_small'] == 1 and found['map_large'] == 0 and found['map_medium'] == NONE


def test_the_larger_overlap_wins() -> None:
    matches = scene([[0.6, 0.8], [0.0, 0.9]], [0.9, 0.8], 2)
    assert matches.found[0, 0].tolist() == [True, False]  # both want the second object; the better scored takes it


def test_overlaps() -> None:
    first, second = np.zeros((2, 3, 4), bool), np.zeros((1, 3, 4), bool)
    first[0, 0], second[0, :2] = True, True
    iou, sizes, true_sizes = overlaps(first, second)
    assert iou.tolist() == [[0.5], [0.0]] and sizes.tolist() == [4, 0] and true_sizes.tolist() == [8]
    assert overlaps(first[:0], second)[0].shape == (0, 1)


def test_objects_of_maps() -> None:
    segment = np.array([[1, 1, 2, 0], [1, 1, 2, 5]])
    said = ObjectMaps.scored(segment, np.array([2, 1, 2, 9]), np.array([4, 3, 4, 1]), np.array([0.2, 0.5, 0.4, 1]))
    assert said.labels.tolist() == [3, 4] and said.scores == pytest.approx([0.5, 0.3])
    assert said.masks.sum((1, 2)).tolist() == [4, 2]
    real = ObjectMaps.labelled(segment, np.array([[3, 3, 0, -1], [3, 3, 0, -1]]), stuff=(0,))
    assert real.labels.tolist() == [3] and real.masks.sum() == 4
    assert match_objects(said, real)[3].found[0, 0].tolist() == [True]


def test_no_objects_in_maps() -> None:
    nothing = np.zeros((2, 2), int)
    said = ObjectMaps.scored(nothing, *(np.zeros(0, int),) * 2, np.zeros(0))
    assert match_objects(said, ObjectMaps.labelled(nothing, nothing, ())) == {}
