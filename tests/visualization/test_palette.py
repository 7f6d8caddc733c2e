"""Colours: the lists' own for classes, distinct and stable ones for instances."""

import numpy as np

from uniseg3d.visualization.palette import VOID, class_colors, instance_colors, paint_labels, paint_mask, paint_segments


def test_class_colors_come_from_the_list_and_end_with_void():
    colors = class_colors('scannet20')
    assert colors.shape == (21, 3) and colors.dtype == np.uint8
    assert colors[0].tolist() == [174, 199, 232] and colors[-1].tolist() == list(VOID)


def test_instance_colors_are_stable_and_neighbours_differ():
    colors = instance_colors(40).astype(int)
    assert np.array_equal(colors[:10], instance_colors(10))
    assert len(np.unique(colors, axis=0)) == 40
    assert np.abs(np.diff(colors, axis=0)).sum(1).min() > 60
    assert instance_colors(0).shape == (0, 3)


def test_labels_become_colors_and_minus_one_is_void():
    painted = paint_labels(np.array([1, -1, 0]), np.array([[1, 1, 1], [2, 2, 2]], dtype=np.uint8))
    assert painted.tolist() == [[2, 2, 2], list(VOID), [1, 1, 1]]


def test_a_mask_stands_out():
    base = np.full((2, 3), 100, dtype=np.uint8)
    inside, outside = paint_mask(base, np.array([True, False]), (255, 0, 0)).astype(int)
    assert inside[0] - inside[1] > 100  # red
    assert np.ptp(outside) == 0 and outside[0] > 150  # washed out


def test_segments_keep_their_pure_colors_over_a_pale_scene():
    base = np.full((3, 3), 100, dtype=np.uint8)
    painted = paint_segments(base, np.array([1, -1, 0]), np.array([[9, 0, 0], [0, 9, 0]], dtype=np.uint8))
    assert painted[[0, 2]].tolist() == [[0, 9, 0], [9, 0, 0]] and painted[1].min() > 150
    nothing = paint_segments(base, np.full(3, -1), np.zeros((0, 3), dtype=np.uint8))
    np.testing.assert_array_equal(nothing, painted[[1, 1, 1]])
