import numpy as np

from uniseg3d.text.class_lists import class_list
from uniseg3d.visualization.segment_sheet import GAP, renumbered, segment_colors, segment_sheet

CLASSES = class_list('scannet20')


def test_stuff_has_the_colour_of_its_class_and_things_their_own():
    segments = np.array([[[0, 1, 2, 3]]])
    chair, wall = CLASSES.names.index('chair'), CLASSES.names.index('wall')
    painted = segment_colors(segments, np.array([wall, chair, chair]), CLASSES)[0, 0]
    assert painted.shape == (4, 3) and tuple(painted[1]) == tuple(CLASSES.colors[wall])
    assert tuple(painted[2]) != tuple(painted[3]) and len({tuple(color) for color in painted}) == 4


def test_true_maps_are_numbered_from_one_with_the_class_of_most_pixels():
    instance = np.array([[[7, 7, 7, 0]], [[7, 3, 3, 9]]])
    semantic = np.array([[[2, 2, 4, 1]], [[2, 5, 5, -1]]])
    segments, labels = renumbered(instance, semantic)
    assert segments.tolist() == [[[2, 2, 2, 0]], [[2, 1, 1, 0]]] and labels.tolist() == [5, 2]
    none, nothing = renumbered(np.zeros((1, 1, 2), int), np.zeros((1, 1, 2), int))
    assert none.tolist() == [[[0, 0]]] and len(nothing) == 0


def test_rows_lie_above_one_another():
    views = np.arange(2 * 3 * 4 * 3, dtype=np.uint8).reshape(2, 3, 4, 3)
    sheet = segment_sheet({'photos': list(views), 'truth': list(views)}, scale=2)
    assert sheet.shape == (2 * 3 * 2 + GAP, 2 * 4 * 2, 3)
    assert (sheet[0, 0] == views[0, 0, 0]).all() and (sheet[1, 8] == views[1, 0, 0]).all()
