import pytest
import torch
from geometry_samples import random_poses

from uniseg3d.geometry.cameras import intrinsic_matrix, project
from uniseg3d.geometry.depth import camera_rays, depth_to_pointmap, pixel_grid, pointmap_to_depth, valid_depth
from uniseg3d.geometry.se3 import apply_pose, invert_pose
from uniseg3d.utils.errors import DataError


def views(*shape):
    generator = torch.Generator().manual_seed(0)
    depth = 1 + torch.rand(*shape, 6, 8, generator=generator, dtype=torch.float64)
    focal = 10 + torch.rand(*shape, 2, generator=generator, dtype=torch.float64)
    return depth, intrinsic_matrix(focal, torch.tensor([4.0, 2.5], dtype=torch.float64).expand(*shape, 2))


def test_the_grid_counts_columns_then_rows():
    grid = pixel_grid(2, 3, torch.zeros(1, dtype=torch.float64))
    assert grid.dtype == torch.float64 and grid.tolist() == [[[0, 0], [1, 0], [2, 0]], [[0, 1], [1, 1], [2, 1]]]


@pytest.mark.parametrize('shape', [(), (3,), (2, 3)])
def test_points_project_onto_their_own_pixels(shape):
    depth, intrinsics = views(*shape)
    poses = random_poses(*shape)
    world = depth_to_pointmap(depth, intrinsics, poses)
    local = apply_pose(invert_pose(poses), world)
    pixels, found = project(local, intrinsics)
    torch.testing.assert_close(pixels, pixel_grid(6, 8, depth).expand_as(pixels))
    torch.testing.assert_close(found, depth)
    torch.testing.assert_close(pointmap_to_depth(world, poses), depth)
    assert torch.equal(pointmap_to_depth(depth_to_pointmap(depth, intrinsics)), depth)


def test_rays_have_depth_one():
    _, intrinsics = views(2)
    rays = camera_rays(intrinsics, 6, 8)
    assert rays.shape == (2, 6, 8, 3) and rays[..., 2].eq(1).all()


def test_no_measurement_and_sky_are_not_valid():
    depth = torch.tensor([[0.0, -1.0, 2.0], [torch.nan, torch.inf, 1e-3]])
    assert valid_depth(depth).tolist() == [[False, False, True], [False, False, True]]


def test_gradients_flow_through():
    depth, intrinsics = views()
    inputs = (depth[:2, :2].clone().requires_grad_(), intrinsics.clone().requires_grad_(), random_poses().requires_grad_())
    assert torch.autograd.gradcheck(depth_to_pointmap, inputs)


def test_different_numbers_of_views_are_refused():
    depth, intrinsics = views(2)
    with pytest.raises(DataError, match='not of the same views'):
        depth_to_pointmap(depth, intrinsics[:1])
