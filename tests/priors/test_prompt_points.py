"""Points inside masks."""

import numpy as np
import pytest

from uniseg3d.priors.prompt_points import chamfer_distance, clean_mask, prompt_points


def mask_of(*boxes, size=(60, 80)):
    mask = np.zeros(size, dtype=bool)
    for top, left, bottom, right in boxes:
        mask[top:bottom, left:right] = True
    return mask


def test_distances_are_nearly_euclidean():
    distance = chamfer_distance(mask_of((10, 10, 41, 51))) / 2**16
    assert distance[25, 30] == 16 and distance[0, 0] == 0
    corner = chamfer_distance(np.pad(np.ones((9, 9), dtype=bool), 1, constant_values=False))[5, 5] / 2**16
    assert corner == 5


def test_a_mask_without_background_is_far_from_everything():
    assert chamfer_distance(np.ones((5, 5), dtype=bool)).min() > 2**16 * 100


@pytest.mark.parametrize(
    ('boxes', 'owners'),
    [
        ([(10, 10, 30, 40)], [0, 0, 0]),
        ([(5, 5, 10, 10), (20, 20, 50, 60)], [1, 1, 0]),
        ([(5, 5, 10, 10), (20, 5, 50, 40), (20, 50, 40, 70), (55, 70, 57, 72)], [1, 2, 0]),
    ],
)
def test_points_go_to_the_largest_parts(boxes, owners):
    points = prompt_points(mask_of(*boxes))
    for (column, row), owner in zip(points, owners, strict=True):
        top, left, bottom, right = boxes[owner]
        assert top <= row < bottom and left <= column < right
    assert points.shape == (3, 2) and len({tuple(point) for point in points}) == 3


def test_little_that_is_left_becomes_dots():
    mask = np.zeros((512, 512), dtype=bool)
    mask[10:60] = True  # all in the border
    cleaned = clean_mask(mask)
    assert cleaned.sum() == 16 and cleaned[240, 240] and cleaned[271, 271]
    mask[200:260, 200:260] = True
    assert clean_mask(mask).sum() == 3600
