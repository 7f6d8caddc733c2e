"""What all containers share: checks that name the field, and moving."""

import copy

import pytest
import torch

from uniseg3d.structures import Clicks, MaskSet, PointScene, Prompts, Sample, SceneBatch, Superpoints, Texts, ViewSet
from uniseg3d.utils.errors import DataError


def test_a_wrong_shape_names_field_expected_and_got():
    with pytest.raises(DataError, match=r'PointScene\.features: expected shape \(5, any\), got \(4, 6\)'):
        PointScene('s', torch.zeros(5, 3), torch.zeros(4, 6))


def test_a_wrong_type_is_named():
    with pytest.raises(DataError, match=r'PointScene\.xyz: expected float32 or .*, got torch\.int64'):
        PointScene('s', torch.zeros(5, 3, dtype=torch.long), torch.zeros(5, 6))
    with pytest.raises(DataError, match=r'Clicks\.point: expected int32 or int64, got torch\.float32'):
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


def test_the_scene_is_named_where_it_is_known():
    with pytest.raises(DataError, match=r'^scene room7: PointScene\.features'):
        PointScene('room7', torch.zeros(5, 3), torch.zeros(4, 6))


@pytest.mark.parametrize('dtype', [torch.uint8, torch.int8, torch.int16, torch.bool])
def test_indices_are_wide_integers(dtype):
    with pytest.raises(DataError, match=r'Superpoints\.ids: expected int32 or int64, got'):
        Superpoints(torch.tensor([0, 1]).to(dtype))


@pytest.mark.parametrize('dtype', [torch.int32, torch.int64])
def test_both_wide_integers_index(dtype):
    superpoints = Superpoints(torch.tensor([0, 1, 1], dtype=dtype))
    assert superpoints.expand(torch.tensor([5, 7])).tolist() == [5, 7, 7]
    assert superpoints.mean(torch.tensor([1.0, 2.0, 4.0])).tolist() == [1, 3]


@pytest.mark.parametrize(
    'make',
    [
        lambda: PointScene('s', [[0.0, 0.0, 0.0]], torch.zeros(1, 1)),
        lambda: ViewSet('s', None, []),
        lambda: MaskSet(None, None, None),
        lambda: Superpoints(None),
        lambda: Clicks(None),
        lambda: Prompts(None),
        lambda: Sample(None, Superpoints.of_points(1)),
        lambda: SceneBatch(None),
        lambda: SceneBatch([None]),
    ],
)
def test_nothing_where_something_belongs_is_a_sentence(make):
    with pytest.raises(DataError, match=r'[A-Z]\w+\.[a-z]+ must '):
        make()


def test_comparing_is_possible_and_means_the_same_object():
    scene = PointScene('s', torch.zeros(2, 3), torch.zeros(2, 6))
    assert scene == scene and scene != copy.copy(scene) and len({scene, scene}) == 1


def test_moving_asks_a_device_for_no_value():
    """On the meta device, reading a value raises: on a GPU it would wait."""
    sample = Sample(
        PointScene('s', torch.zeros(2, 3), torch.zeros(2, 6)),
        Superpoints.of_points(2),
        Prompts(Clicks.single(torch.tensor([1]), torch.tensor([1]))),
    )
    moved = SceneBatch([sample]).to('meta').samples[0]
    assert len(moved.prompts.clicks) == 1 and len(moved.superpoints) == 2
