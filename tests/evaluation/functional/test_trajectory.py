import pytest
import torch
from geometry_samples import random_points, random_poses, random_rotations

from uniseg3d.evaluation.functional.trajectory import (
    absolute_error,
    align_trajectory,
    associate,
    direction_errors,
    relative_errors,
    rotation_errors,
    trajectory_errors,
)
from uniseg3d.geometry.se3 import Similarity, pose_matrix
from uniseg3d.utils.errors import DataError


def moved(poses, scale=0.3):
    similarity = Similarity(torch.tensor(scale).double(), random_rotations(seed=7), random_points(seed=7))
    return similarity.apply_to_poses(poses)


def turn_about_z(degrees):
    angle = torch.tensor(degrees).double().deg2rad()
    rows = [[angle.cos(), -angle.sin(), 0], [angle.sin(), angle.cos(), 0], [0, 0, 1]]
    return pose_matrix(torch.tensor(rows).double(), torch.zeros(3).double())


def test_a_trajectory_in_another_world_and_scale_is_right():
    truth = random_poses(12)
    assert list(trajectory_errors(moved(truth), truth)) == pytest.approx([0, 0, 0], abs=1e-5)
    assert trajectory_errors(moved(truth), truth, with_scale=False).ate > 0.1
    assert trajectory_errors(moved(truth, 1.0), truth, with_scale=False).ate == pytest.approx(0, abs=1e-9)


def test_errors_by_hand():
    truth = random_poses(5)
    prediction = truth.clone()
    prediction[1, :3, 3] += torch.tensor([0.3, 0, 0.4])
    assert absolute_error(prediction, truth) == pytest.approx(0.5 / 5**0.5)
    translation, rotation = relative_errors(prediction, truth)
    assert translation == pytest.approx((2 * 0.25 / 4) ** 0.5) and rotation == pytest.approx(0, abs=1e-6)
    last = truth.clone()
    last[-1] = truth[-1] @ turn_about_z(10.0)
    assert relative_errors(last, truth)[1] == pytest.approx(10 / 4**0.5)


def test_longer_steps_compare_frames_farther_apart():
    truth = random_poses(6)
    prediction = truth.clone()
    prediction[5] = truth[5] @ turn_about_z(20.0)
    assert relative_errors(prediction, truth, step=3)[1] == pytest.approx(20 / 3**0.5)
    with pytest.raises(DataError, match='6 frames hold no motion over 6'):
        relative_errors(prediction, truth, step=6)


@pytest.mark.parametrize('count', [1, 2, 5])
def test_what_cannot_be_aligned_is_said(count):
    line = torch.eye(4).repeat(count, 1, 1)
    line[:, 0, 3] = torch.arange(float(count))
    with pytest.raises(DataError, match=f'a trajectory of {count} frames cannot be aligned'):
        align_trajectory(line, line)


def test_bad_poses_and_counts_are_refused():
    truth = random_poses(5)
    with pytest.raises(DataError, match='4 predicted and 5 true poses'):
        align_trajectory(truth[:4], truth)
    broken = truth.clone()
    broken[2, 0, 0] = torch.nan
    with pytest.raises(DataError, match='predicted trajectory: pose 2 contains NaN'):
        align_trajectory(broken, truth)
    with pytest.raises(DataError, match='true trajectory: pose 0 is no rigid motion'):
        align_trajectory(truth, 2 * truth)


def test_errors_of_single_poses():
    truth = random_poses(3)
    torch.testing.assert_close(rotation_errors(truth @ turn_about_z(25.0), truth), torch.full((3,), 25.0).double())
    other = truth.clone()
    other[0, :3, 3] *= 3
    other[1, :3, 3] *= -1
    other[2, :3, 3] = 0
    torch.testing.assert_close(direction_errors(other, truth), torch.tensor([0.0, 180, 90]).double(), atol=1e-5, rtol=0)


def test_frames_are_associated_by_time():
    times, true_times = torch.tensor([0.0, 0.1, 0.2, 0.5]), torch.tensor([0.004, 0.098, 0.107, 0.3, 0.495])
    frames, partners = associate(times, true_times)
    assert frames.tolist() == [0, 1, 3] and partners.tolist() == [0, 1, 4]
    assert [len(part) for part in associate(times, torch.zeros(0))] == [0, 0]


def test_association_takes_the_closest_pairs_first():
    generator = torch.Generator().manual_seed(0)
    times, true_times = (torch.rand(count, generator=generator).double().sort().values for count in (60, 80))
    apart = (times[:, None] - true_times).abs()
    expected = {}
    for index in apart.flatten().argsort().tolist():  # one by one
        frame, partner = divmod(index, 80)
        if apart[frame, partner] <= 0.02 and frame not in expected and partner not in expected.values():
            expected[frame] = partner
    frames, partners = associate(times, true_times, 0.02)
    assert dict(zip(frames.tolist(), partners.tolist(), strict=True)) == expected
