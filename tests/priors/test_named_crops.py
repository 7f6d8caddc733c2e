"""Crops of annotated objects."""

import posed_frames as scan
import pytest
import torch

from uniseg3d.io.frames import read_views
from uniseg3d.priors.crop_expert import STORED
from uniseg3d.priors.named_crops import FEWEST, named_crops, object_boxes
from uniseg3d.utils.errors import DataError


@pytest.fixture
def views(tmp_path):
    scan.write_frames(tmp_path / 'room')
    return read_views(tmp_path / 'room', instances=True)


def test_boxes_are_the_extents_of_what_is_shown():
    ids = torch.full((2, 40, 60), -1)
    ids[0, 5:25, 10:20], ids[1, 30:40, 40:60], ids[1, 0, :3] = 0, 3, 1
    view, number, boxes = object_boxes(ids)
    assert (view.tolist(), number.tolist()) == ([0, 1], [0, 3])  # three pixels are no picture of anything
    assert boxes.tolist() == [[10, 5, 19, 24], [40, 30, 59, 39]]
    assert [len(part) for part in object_boxes(torch.full((2, 4, 4), -1))] == [0, 0, 0]


def test_crops_show_the_named_objects_alone(views):
    crops, names = named_crops(views, {0: 'red box', 1: 'blue box'})
    enough = [(views.instance[view] == number).sum() >= FEWEST for view in range(4) for number in (0, 1)]
    assert len(crops) == len(names) == sum(enough) > 3 and crops.shape[1:] == (4, STORED, STORED)
    for crop, name in zip(crops.float(), names, strict=True):
        red, _, blue = crop[:3, crop[3] > 0].mean(1)
        assert (red > blue) == (name == 'red box')
        assert 0.15 < (crop[3] > 0).float().mean() < 0.6
    assert set(named_crops(views, {1: 'blue box'})[1]) == {'blue box'}
    assert len(named_crops(views, {})[0]) == 0


def test_frames_without_objects_teach_nothing(views):
    views.instance = None
    with pytest.raises(DataError, match='no maps of objects'):
        named_crops(views, {0: 'red box'})
