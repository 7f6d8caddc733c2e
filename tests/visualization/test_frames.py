"""Strips of RGB-D views."""

import numpy as np
import torch

from uniseg3d.structures import ViewSet
from uniseg3d.visualization.figure import GAP
from uniseg3d.visualization.frames import depth_colors, frame_strip
from uniseg3d.visualization.palette import VOID, class_colors


def views(**labels):
    images = torch.arange(3, dtype=torch.uint8).reshape(3, 1, 1, 1).expand(3, 20, 30, 3) * 50
    return ViewSet('room', images, ['0', '1', '2'], **labels)


def test_columns_are_views_and_rows_what_is_known():
    assert frame_strip(views()).shape == (20 + GAP // 2, 3 * (30 + GAP // 2), 3)
    shape = (3, 20, 30)
    full = frame_strip(views(depth=torch.ones(shape), semantic=torch.full(shape, 1), instance=torch.full(shape, -1)), limit=2)
    assert full.shape == (4 * (20 + GAP // 2), 2 * (30 + GAP // 2), 3)
    column, row = 30 + GAP // 2, 20 + GAP // 2
    assert full[5, column + 5].tolist() == [50, 50, 50]
    assert full[2 * row + 5, 5].tolist() == class_colors()[1].tolist()
    assert full[3 * row + 5, 5].tolist() == list(VOID)


def test_near_is_brighter_than_far_and_unmeasured_is_black():
    near, far, nothing = depth_colors(np.array([[0.5, 4.0, 0.0]]))[0].astype(int)
    assert near.sum() > far.sum() and nothing.tolist() == [0, 0, 0]
    assert (depth_colors(np.zeros((2, 2))) == 0).all()
