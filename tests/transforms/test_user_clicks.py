"""Clicks of real users: found on the cloud, or refused with a sentence that says which and why."""

import pytest
import torch
from model_samples import room_sample

from uniseg3d.structures import PointScene, Superpoints
from uniseg3d.transforms.user_clicks import clicks_at, clicks_on
from uniseg3d.utils.errors import DataError


@pytest.fixture
def sample():
    return room_sample()


def test_a_position_hits_the_nearest_point(sample):
    xyz = sample.scene.xyz
    chosen = torch.tensor([5, 700, 31])
    clicks = clicks_at(xyz[chosen] + 1e-4, sample.scene, sample.superpoints)
    assert clicks.point.tolist() == chosen.tolist()
    assert clicks.superpoint.tolist() == sample.superpoints.ids[chosen].tolist()
    assert clicks.prompt.tolist() == [0, 1, 2] and clicks.positive.all()


def test_points_far_from_the_origin_are_told_apart():
    xyz = torch.arange(60.0)[:, None] * torch.tensor([0.01, 0, 0]) + 4096
    scene = PointScene('far', xyz, torch.zeros(60, 1))
    clicks = clicks_at(xyz, scene, Superpoints.of_points(60))
    assert torch.equal(xyz[clicks.point], xyz)


def test_signed_clicks_of_one_object_belong_together(sample):
    clicks = clicks_at(
        sample.scene.xyz[:3].double(),
        sample.scene,
        sample.superpoints,
        torch.tensor([0, 0, 1]),
        torch.tensor([True, False, True]),
    )
    assert len(clicks) == 2 and clicks.positive.tolist() == [True, False, True]


@pytest.mark.parametrize('position', [[50.0, 0.0, 0.0], [0.0, 0.0, float('nan')], [float('inf'), 0.0, 0.0]])
def test_a_click_beside_the_cloud_is_refused(sample, position):
    positions = torch.stack([sample.scene.xyz[0], torch.tensor(position)])
    with pytest.raises(DataError, match=r'scene room0000_00: click 1 at \(.*from the nearest point; expected at most 0\.1 m'):
        clicks_at(positions, sample.scene, sample.superpoints)


def test_how_far_beside_is_a_choice(sample):
    lowest = sample.scene.xyz[:, 2].argmin()
    below = sample.scene.xyz[lowest, None] - torch.tensor([0, 0, 0.5])
    with pytest.raises(DataError, match='from the nearest point'):
        clicks_at(below, sample.scene, sample.superpoints)
    assert len(clicks_at(below, sample.scene, sample.superpoints, max_distance=0.6)) == 1


@pytest.mark.parametrize('shape', [(3,), (2, 2), (1, 2, 3)])
def test_positions_of_another_shape_are_refused(sample, shape):
    with pytest.raises(DataError, match=r'shape \(clicks, 3\)'):
        clicks_at(torch.zeros(shape), sample.scene, sample.superpoints)


@pytest.mark.parametrize('point', [-1, 9])
def test_a_click_on_no_point_is_refused(point):
    with pytest.raises(DataError, match=f'click 1 is on point {point}; expected an index from 0 to 8'):
        clicks_on(torch.tensor([8, point]), Superpoints.of_points(9))


def test_prompts_out_of_order_are_refused():
    with pytest.raises(DataError, match='without gaps'):
        clicks_on(torch.tensor([1, 2]), Superpoints.of_points(9), prompt=torch.tensor([1, 0]))


def test_no_click_is_fine(sample):
    none = torch.zeros(0, 3)
    assert len(clicks_at(none, sample.scene, sample.superpoints)) == 0
    assert len(clicks_on(torch.zeros(0, dtype=torch.long), sample.superpoints)) == 0
