import pytest
import torch
from geometry_samples import random_points, relief

from uniseg3d.geometry.icp import register_clouds
from uniseg3d.geometry.normals import cloud_normals
from uniseg3d.geometry.quaternion import quaternion_to_matrix
from uniseg3d.geometry.se3 import apply_pose, check_poses, invert_pose, pose_matrix
from uniseg3d.utils.errors import DataError


def small_motion(angle=0.03, shift=0.02):
    quaternion = torch.tensor([1.0, angle / 2, -angle / 3, angle / 4]).double()
    return pose_matrix(quaternion_to_matrix(quaternion), torch.tensor([shift, -shift, shift / 2]).double())


def room(seed=0):
    """A curved surface of 1200 points, 15 cm apart or less."""
    return relief(30, 40, 40, seed=seed).reshape(-1, 3)


@pytest.mark.parametrize('to_planes', [False, True])
def test_a_small_motion_of_the_same_points_is_undone(to_planes):
    target, motion = room(), small_motion()
    normals = cloud_normals(target, 9) if to_planes else None
    fit = register_clouds(apply_pose(motion, target), target, reach=0.2, target_normals=normals, rounds=200, tolerance=1e-10)
    torch.testing.assert_close(fit.pose, invert_pose(motion), atol=1e-3, rtol=0)
    check_poses(fit.pose, 'icp')
    assert fit.fitness == 1 and fit.rmse < 1e-3


def test_planes_need_fewer_rounds_than_points():
    target, motion = room(), small_motion()
    moved, normals = apply_pose(motion, target), cloud_normals(target, 9)
    points = register_clouds(moved, target, 0.2, rounds=4)
    planes = register_clouds(moved, target, 0.2, normals, rounds=4)
    assert planes.rmse < points.rmse


def test_far_points_have_no_say():
    target, motion = room(), small_motion()
    source = torch.cat([apply_pose(motion, target), random_points(100) + 50])
    fit = register_clouds(source, target, reach=0.2, rounds=200, tolerance=1e-10)
    torch.testing.assert_close(fit.pose, invert_pose(motion), atol=1e-3, rtol=0)
    assert fit.fitness == pytest.approx(1200 / 1300)


def test_the_start_decides_where_it_ends():
    target = room()
    away = small_motion(0.0, 5.0)
    moved = apply_pose(away, target)
    lost = register_clouds(moved, target)
    assert torch.equal(lost.pose, torch.eye(4).double()) and lost.fitness == 0 and lost.rmse == 0
    found = register_clouds(moved, target, start=invert_pose(away))
    torch.testing.assert_close(found.pose, invert_pose(away), atol=1e-9, rtol=0)


def test_a_flat_target_leaves_the_turn_about_its_normal_alone():
    flat = random_points(300) * torch.tensor([1.0, 1, 0]).double()
    up = torch.tensor([0.0, 0, 1]).double().expand(300, 3)
    fit = register_clouds(flat + torch.tensor([0, 0, 0.05]).double(), flat, target_normals=up)
    torch.testing.assert_close(fit.pose[:3, 3], torch.tensor([0.0, 0, -0.05]).double(), atol=1e-9, rtol=0)


def test_broken_clouds_are_refused():
    with pytest.raises(DataError, match='source: 3 points'):
        register_clouds(torch.full((3, 3), torch.nan), room())
    with pytest.raises(DataError, match='target: 0 points'):
        register_clouds(room(), torch.zeros(0, 3))
