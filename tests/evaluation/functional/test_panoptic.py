"""Panoptic quality against segments compared one by one over points."""

import numpy as np
import pytest

from uniseg3d.evaluation.functional.panoptic import PanopticCounts, panoptic_counts, panoptic_scores
from uniseg3d.evaluation.functional.scene_truth import SceneTruth

CLASSES, STUFF = 4, (0, 1)


def plain_counts(predicted, segment, semantic, instance):
    """The definition: all arrays [N], points whose truth is void taken out first."""
    kept = semantic < CLASSES
    predicted, segment, semantic, instance = (values[kept] for values in (predicted, segment, semantic, instance))
    tp, fp, fn, total = (np.zeros(CLASSES) for _ in range(4))
    for label in range(CLASSES):
        found = [(predicted == label) & (segment == k) for k in np.unique(segment[predicted == label])]
        own = (semantic == label) & ((instance >= 0) | (label in STUFF))
        true = [own & (instance == k) for k in np.unique(instance[own])]
        ious = np.array([[(f & t).sum() / (f | t).sum() for t in true] for f in found]).reshape(len(found), len(true))
        hits = ious[ious > 0.5]
        tp[label], total[label] = len(hits), hits.sum()
        fp[label], fn[label] = len(found) - len(hits), len(true) - len(hits)
    return tp, fp, fn, total


def random_scene(seed, points=400, superpoints=25):
    rng = np.random.default_rng(seed)
    instance = rng.integers(-1, 4, superpoints)
    semantic = np.where(instance >= 0, 2 + instance % 2, rng.integers(0, CLASSES + 1, superpoints))
    ids = np.unique(rng.integers(0, superpoints, points), return_inverse=True)[1]
    noise = rng.random(points) < 0.1  # points that do not belong to what their superpoint is
    point_semantic, point_instance = semantic[ids], instance[ids]
    point_instance[noise], point_semantic[noise] = -1, rng.integers(0, CLASSES + 1, noise.sum())
    changed = rng.random(superpoints) < 0.2
    predicted = np.where(changed, rng.integers(0, CLASSES, superpoints), semantic.clip(max=CLASSES - 1))
    segment = np.where(changed, rng.integers(0, 6, superpoints), instance + 2)
    return ids, predicted, segment, point_semantic, point_instance


@pytest.mark.parametrize('seed', range(8))
def test_counts_equal_the_definition(seed):
    ids, predicted, segment, semantic, instance = random_scene(seed)
    counts = panoptic_counts(predicted, segment, SceneTruth.count(ids, semantic, instance), CLASSES, STUFF)
    expected = plain_counts(predicted[ids], segment[ids], semantic, instance)
    for got, want in zip((counts.tp, counts.fp, counts.fn, counts.iou), expected, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12)


def test_numbers_of_segments_mean_nothing():
    ids, predicted, segment, semantic, instance = random_scene(0)
    truth = SceneTruth.count(ids, semantic, instance)
    renamed = np.random.default_rng(0).permutation(100)[segment]
    first, second = (panoptic_counts(predicted, s, truth, CLASSES, STUFF) for s in (segment, renamed))
    assert first.tp.tolist() == second.tp.tolist() and first.fp.tolist() == second.fp.tolist()


def test_predicted_void_is_no_segment():
    ids = np.arange(6)
    truth = SceneTruth.count(ids, np.array([0, 0, 0, 2, 2, 2]), np.array([-1, -1, -1, 0, 0, 0]))
    counts = panoptic_counts(np.array([0, 0, 0, 4, 4, 4]), np.array([0, 0, 0, 9, 9, 9]), truth, CLASSES, STUFF)
    assert (counts.tp.tolist(), counts.fp.tolist(), counts.fn.tolist()) == ([1, 0, 0, 0], [0] * 4, [0, 0, 1, 0])


def test_scores_by_hand_over_two_scenes():
    one = PanopticCounts(np.array([2, 0, 0]), np.array([1, 1, 0]), np.array([1, 0, 0]), np.array([1.6, 0, 0]))
    scores = panoptic_scores(PanopticCounts.total([one, one]))
    np.testing.assert_allclose(scores.sq, [0.8, 0, 0])
    np.testing.assert_allclose(scores.rq, [4 / 6, 0, 0])
    np.testing.assert_allclose(scores.pq, scores.sq * scores.rq)
    assert scores.present.tolist() == [True, True, False]
