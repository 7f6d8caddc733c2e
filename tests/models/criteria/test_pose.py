import torch

from uniseg3d.models.criteria.pose import pose_distance

ONE = torch.ones(2)
STILL = torch.tensor([0.0, 0, 0, 1, 0, 0, 0])


def test_translations_are_compared_in_units_of_the_scales():
    stated, true = STILL.repeat(2, 3, 1), STILL.repeat(2, 3, 1)
    stated[..., 0], true[..., 0] = 2.0, 1.0
    assert pose_distance(stated, true, 2 * ONE, ONE, 1e-3) == 0
    assert pose_distance(stated, true, ONE, ONE, 1e-3) == 1


def test_a_sequence_without_scale_is_left_out():
    stated, true = STILL.repeat(2, 3, 1), STILL.repeat(2, 3, 1)
    stated[0, :, 1] = 5.0
    assert pose_distance(stated, true, ONE, torch.tensor([1e-3, 1.0]), 1e-3) == 0
    assert pose_distance(stated, true, ONE, 1e-3 * ONE, 1e-3) == 0


def test_a_turn_is_the_distance_of_quaternions():
    turned = torch.tensor([0.0, 0, 0, 0, 1, 0, 0]).repeat(1, 1, 1)
    distance = pose_distance(turned, STILL.repeat(1, 1, 1), ONE[:1], ONE[:1], 1e-3)
    assert torch.isclose(distance, torch.tensor(2.0).sqrt())
