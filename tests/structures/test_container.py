"""What all containers share: checks that name the field, and moving."""

import pytest
import torch

from uniseg3d.structures import Clicks, PointScene, Prompts, Texts
from uniseg3d.utils.errors import DataError


def test_a_wrong_shape_names_field_expected_and_got():
    with pytest.raises(DataError, match=r'PointScene\.features: expected shape \(5, any\), got \(4, 6\)'):
        PointScene('s', torch.zeros(5, 3), torch.zeros(4, 6))


def test_a_wrong_type_is_named():
    with pytest.raises(DataError, match=r'PointScene\.xyz: expected a floating type, got torch\.int64'):
        PointScene('s', torch.zeros(5, 3, dtype=torch.long), torch.zeros(5, 6))
    with pytest.raises(DataError, match=r'Clicks\.point: expected an integer type, got torch\.float32'):
        Clicks(torch.zeros(1), torch.zeros(1), torch.zeros(1), torch.zeros(1))


def test_something_that_is_no_tensor_is_named():
    with pytest.raises(DataError, match=r'Texts\.tokens must be a tensor, got list'):
        Texts(['a'], [[1, 2]])


def test_moving_reaches_every_tensor_inside_and_copies_nothing_else():
    prompts = Prompts(
        Clicks.single(torch.tensor([3]), torch.tensor([1])), Texts(['a chair'], torch.ones(1, 77, dtype=torch.long))
    )
    moved = prompts.to('meta')
    assert moved.clicks.point.device.type == moved.texts.tokens.device.type == 'meta'
    assert moved.texts.sentences == ['a chair']
    assert prompts.clicks.point.device.type == 'cpu'


def test_moving_keeps_what_is_absent_absent():
    scene = PointScene('s', torch.zeros(2, 3), torch.zeros(2, 6)).to('meta')
    assert scene.voxel_coords is None and scene.rows is None and scene.scene_id == 's'
