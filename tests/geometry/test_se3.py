import math

import pytest
import torch
from geometry_samples import random_points, random_poses, random_rotations
from scipy.spatial.transform import Rotation

from uniseg3d.geometry.se3 import (
    Similarity,
    apply_pose,
    check_poses,
    invert_pose,
    nearest_rotation,
    pose_matrix,
    relative_pose,
    rotation_angle,
    small_motion,
)
from uniseg3d.utils.errors import DataError


def some_similarity(*shape, seed=0):
    scale = 0.5 + torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return Similarity(scale, random_rotations(*shape, seed=seed), random_points(*shape, seed=seed))


@pytest.mark.parametrize('shape', [(), (3,), (2, 3)])
def test_moving_there_and_back_gives_the_points(shape):
    poses, points = random_poses(*shape), random_points(*shape, 4, 5)
    moved = apply_pose(poses, points)
    torch.testing.assert_close(apply_pose(invert_pose(poses), moved), points)
    homogeneous = torch.cat([points, torch.ones_like(points[..., :1])], -1)
    torch.testing.assert_close(torch.einsum('...ij,...hwj->...hwi', poses, homogeneous)[..., :3], moved)


def test_the_inverse_is_that_of_the_matrix():
    poses = random_poses(2, 5)
    torch.testing.assert_close(invert_pose(poses), torch.linalg.inv(poses))


def test_a_pose_seen_from_itself_is_no_motion():
    poses = random_poses(6)
    torch.testing.assert_close(relative_pose(poses, poses), torch.eye(4, dtype=poses.dtype).expand(6, 4, 4))
    first = relative_pose(poses[:1], poses)
    torch.testing.assert_close(poses[0] @ first, poses)


@pytest.mark.parametrize('angle', [0, 1e-7, 0.3, 1.6, math.pi - 1e-7, math.pi])
def test_the_angle_of_a_rotation(angle):
    rotation = Rotation.from_rotvec(angle * torch.tensor([2, -1, 2]).numpy() / 3).as_matrix()
    assert rotation_angle(torch.from_numpy(rotation)).item() == pytest.approx(angle, abs=1e-12)


def test_the_nearest_rotation_never_mirrors():
    matrix = torch.randn(50, 3, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    rotation = nearest_rotation(matrix)
    torch.testing.assert_close(rotation @ rotation.mT, torch.eye(3, dtype=torch.float64).expand(50, 3, 3))
    assert torch.linalg.det(rotation).gt(0).all() and torch.linalg.det(matrix).lt(0).any()
    others = random_rotations(50, 200, seed=2)
    assert ((rotation - matrix).norm(dim=(-2, -1))[:, None] <= (others - matrix[:, None]).norm(dim=(-2, -1)) + 1e-9).all()


def test_similarities_compose_and_invert_like_their_matrices():
    first, second, points = some_similarity(3), some_similarity(3, seed=5), random_points(3, 7)
    both = second.compose(first)
    torch.testing.assert_close(both.apply(points), second.apply(first.apply(points)))
    torch.testing.assert_close(both.matrix(), second.matrix() @ first.matrix())
    torch.testing.assert_close(first.inverse().matrix(), torch.linalg.inv(first.matrix()))
    torch.testing.assert_close(first.inverse().apply(first.apply(points)), points)


def test_cameras_move_with_the_points_they_see():
    move, poses, local = some_similarity(2), random_poses(2, 4), random_points(2, 4, 6)
    moved = move.apply_to_poses(poses)
    check_poses(moved, 'moved')
    expected = move.apply(apply_pose(poses, local))
    torch.testing.assert_close(apply_pose(moved, move.scale[:, None, None, None] * local), expected)


def test_float32_poses_pass_the_check():
    poses = random_poses(20, dtype=torch.float32)
    assert check_poses(poses, 'file') is poses


@pytest.mark.parametrize(
    ('spoil', 'message'),
    [
        (lambda pose: pose[0].fill_(torch.nan), 'file: pose 1 contains NaN'),
        (lambda pose: pose[:3, :3].mul_(1.1), 'pose 1 is no rigid motion'),
        (lambda pose: pose[:3, 0].neg_(), 'pose 1 is no rigid motion'),
        (lambda pose: pose[3, 0].fill_(0.5), 'last row 0 0 0 1'),
        (lambda pose: pose[:3, :3].zero_(), 'pose 1 is no rigid motion'),
    ],
)
def test_what_is_no_pose_is_refused_by_number(spoil, message):
    poses = random_poses(3)
    spoil(poses[1])
    with pytest.raises(DataError, match=message):
        check_poses(poses, 'file')


def test_other_shapes_are_refused():
    with pytest.raises(DataError, match=r'got shape \[2, 3, 4\]'):
        check_poses(random_poses(2)[:, :3], 'file')


def test_no_pose_at_all_is_fine():
    empty = pose_matrix(torch.zeros(0, 3, 3), torch.zeros(0, 3))
    assert check_poses(empty, 'file').shape == (0, 4, 4) and invert_pose(empty).shape == (0, 4, 4)


def test_a_small_motion_turns_and_shifts():
    twist = torch.tensor([[0.01, -0.02, 0.015, 1.0, 2, 3], [0, 0, 0, 0, 0, 0]]).double()
    motion = check_poses(small_motion(twist), 'step')
    expected = Rotation.from_rotvec(twist[:, :3].numpy()).as_matrix()
    torch.testing.assert_close(motion[:, :3, :3], torch.from_numpy(expected), atol=1e-5, rtol=0)
    assert torch.equal(motion[:, :3, 3], twist[:, 3:]) and torch.equal(motion[1], torch.eye(4).double())
