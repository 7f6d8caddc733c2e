"""The table of superpoints and segments against counting the points."""

import numpy as np
import pytest

from uniseg3d.evaluation.functional import scene_truth
from uniseg3d.evaluation.functional.scene_truth import SceneTruth
from uniseg3d.utils.errors import DataError


def random_points(seed, points=500, superpoints=30, classes=5, instances=4):
    """Superpoints [N], classes [N] and instances [N] (-1 = none); superpoints respect no border."""
    rng = np.random.default_rng(seed)
    ids = np.unique(rng.integers(0, superpoints, points), return_inverse=True)[1]
    return ids, rng.integers(0, classes + 1, points), rng.integers(-1, instances, points)


@pytest.mark.parametrize('seed', range(3))
def test_entries_are_counts_of_points(seed):
    ids, semantic, instance = random_points(seed)
    truth = SceneTruth.count(ids, semantic, instance)
    assert truth.points.sum() == len(ids) and (truth.points > 0).all()
    for superpoint, segment, points in zip(truth.superpoint, truth.segment, truth.points, strict=True):
        inside = (ids == superpoint) & (semantic == truth.semantic[segment]) & (instance == truth.instance[segment])
        assert inside.sum() == points
    pairs = set(zip(truth.semantic.tolist(), truth.instance.tolist(), strict=True))
    assert pairs == set(zip(semantic.tolist(), instance.tolist(), strict=True)) and len(pairs) == len(truth.semantic)
    np.testing.assert_array_equal(truth.sizes, np.bincount(ids))


@pytest.mark.parametrize('chunk', [2**26, 40])
def test_points_inside_masks(monkeypatch, chunk):
    monkeypatch.setattr(scene_truth, 'CHUNK', chunk)
    ids, semantic, instance = random_points(1)
    truth = SceneTruth.count(ids, semantic, instance)
    masks = np.random.default_rng(0).random((7, truth.superpoints)) < 0.4
    of_point = np.array([np.flatnonzero((truth.semantic == s) & (truth.instance == i))[0] for s, i in zip(semantic, instance)])  # noqa: B905
    expected = [np.bincount(of_point[mask[ids]], minlength=len(truth.semantic)) for mask in masks]
    np.testing.assert_array_equal(truth.inside(masks), expected)
    np.testing.assert_array_equal(truth.inside(np.ones((1, truth.superpoints), bool))[0], truth.segment_sizes)
    assert truth.inside(masks[:0]).shape == (0, len(truth.semantic))


def test_iou_with_instances_over_points():
    ids, semantic, instance = random_points(2)
    truth = SceneTruth.count(ids, semantic, instance)
    masks = np.random.default_rng(0).random((5, truth.superpoints)) < 0.4
    masks[4] = False
    meant = np.array([2, 0, -1, 3, 1])
    expected = [(m[ids] & (instance == k)).sum() / (m[ids] | (instance == k)).sum() for m, k in zip(masks, meant, strict=True)]
    expected[2] = 0  # nothing is meant
    np.testing.assert_allclose(truth.instance_iou(masks, meant), expected, rtol=1e-12)


def test_iou_with_several_instances_together():
    ids, semantic, instance = random_points(3)
    truth = SceneTruth.count(ids, semantic, instance)
    masks = np.random.default_rng(0).random((3, truth.superpoints)) < 0.4
    meant = np.array([[True, False, True, False], [False, False, False, False], [False, True, False, False]])
    points = [(mask[ids], np.isin(instance, np.flatnonzero(row))) for mask, row in zip(masks, meant, strict=True)]
    expected = [(a & b).sum() / (a | b).sum() for a, b in points]
    np.testing.assert_allclose(truth.union_iou(masks, meant), expected, rtol=1e-12)
    np.testing.assert_allclose(truth.union_iou(masks, meant)[2], truth.instance_iou(masks, np.array([1, 1, 1]))[2])
    assert truth.union_iou(masks, np.zeros((3, 4), bool)).tolist() == [0, 0, 0]
    bare = SceneTruth.count(ids, semantic, np.full(len(ids), -1))
    assert bare.union_iou(masks, np.zeros((3, 0), bool)).tolist() == [0, 0, 0]


def test_one_point_without_annotation_is_a_scene():
    truth = SceneTruth.count(np.zeros(1, int), np.full(1, 20), np.full(1, -1))
    assert (truth.semantic.tolist(), truth.instance.tolist(), truth.points.tolist()) == ([20], [-1], [1])
    assert truth.instance_iou(np.ones((1, 1), bool), np.array([-1])).tolist() == [0]


def test_another_number_of_points_is_refused():
    with pytest.raises(DataError, match='covers 3 points, expected the 2 of the ground truth'):
        SceneTruth.count(np.zeros(3, int), np.zeros(2, int), np.zeros(2, int))
