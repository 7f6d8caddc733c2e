"""The quality report against partitions whose scores can be worked out by hand."""

import numpy as np
import pytest

from uniseg3d.evaluation.functional.superpoint_quality import superpoint_quality

LINE = np.stack([np.arange(8.0), np.zeros(8), np.zeros(8)], axis=1)
SEMANTIC = np.array([0, 0, 0, 0, 1, 1, 1, 1])
INSTANCE = np.array([-1, -1, -1, -1, 0, 0, 0, 0])


def test_superpoints_that_follow_the_objects_reach_everything() -> None:
    quality = superpoint_quality(np.array([0, 0, 1, 1, 2, 2, 3, 3]), LINE, SEMANTIC, INSTANCE)
    assert quality.count == 4
    assert quality.size_quantiles == (2, 2, 2, 2, 2) and quality.size_histogram == (0, 4)
    assert (quality.achievable_miou, quality.achievable_instance_iou, quality.boundary_recall) == (1.0, 1.0, 1.0)


def test_one_superpoint_over_a_border_costs() -> None:
    quality = superpoint_quality(np.array([0, 0, 0, 1, 1, 1, 1, 1]), LINE, SEMANTIC, INSTANCE)
    assert quality.achievable_miou == pytest.approx((3 / 4 + 4 / 5) / 2)
    assert quality.achievable_instance_iou == pytest.approx(4 / 5)
    assert quality.boundary_recall is not None
    assert quality.boundary_recall < 1


def test_everything_in_one_superpoint_loses_every_border() -> None:
    quality = superpoint_quality(np.zeros(8, int), LINE, SEMANTIC, INSTANCE)
    assert quality.boundary_recall == 0.0
    assert quality.achievable_instance_iou == 0.0


def test_void_points_do_not_count() -> None:
    semantic = np.array([20, 20, 20, 20, 1, 1, 1, 1])
    assert superpoint_quality(np.zeros(8, int), semantic=semantic).achievable_miou == 1.0


def test_without_labels_only_sizes_are_known() -> None:
    quality = superpoint_quality(np.array([0, 1, 1]))
    assert quality.size_quantiles == (1, 1, 1, 1, 2) and quality.size_histogram == (1, 1)
    assert (quality.achievable_miou, quality.achievable_instance_iou, quality.boundary_recall) == (None, None, None)


def test_a_scene_without_objects_has_no_instance_score() -> None:
    quality = superpoint_quality(np.array([0, 1, 1]), LINE[:3], instance=np.full(3, -1))
    assert quality.achievable_instance_iou is None
    assert quality.boundary_recall is None


def test_sizes_are_counted_by_powers_of_two() -> None:
    sizes = [1, 2, 3, 4, 7, 8, 300]
    ids = np.repeat(np.arange(len(sizes)), sizes)
    assert superpoint_quality(ids).size_histogram == (1, 2, 2, 1, 0, 0, 0, 0, 1)
