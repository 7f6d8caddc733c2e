"""Family vii of PanSt3R: focal length and pose from pointmaps, points from depth, lengths on a logarithmic scale."""

import pytest
import torch
from panst3r_archives import assert_equals, tensor

from uniseg3d.geometry.alignment import register_points, register_pose
from uniseg3d.geometry.depth import depth_to_pointmap, valid_depth
from uniseg3d.geometry.focal import focal_median, focal_weiszfeld
from uniseg3d.geometry.pnp import estimate_pose
from uniseg3d.geometry.point_scale import point_scale
from uniseg3d.geometry.radial import exp_length, log_length

pytestmark = pytest.mark.full_set  # too large for the repository
NAME = 'vii_geometry'


def given(key):
    return tensor(NAME, f'in.{key}')


def compare(result, key):
    assert_equals(result, NAME, key)


def test_focal_lengths():
    points, middle = given('focal.pointmap')[None], given('focal.principal_point')[None]
    compare(focal_weiszfeld(points, middle), 'focal.weiszfeld')
    compare(focal_median(points, middle), 'focal.median')


def test_registration_of_local_to_world_points():
    local, world = (given(f'pose.{frame}').reshape(-1, 3) for frame in ('local', 'world'))
    confidence = given('pose.conf').flatten()
    pose = register_pose(local, world, confidence - 1)
    compare(pose[:3, :3], 'pose.R')
    compare(pose[:3, 3], 'pose.T')
    ours = register_points(local, world, confidence)
    growth = round((tensor(NAME, 'out.pose_scaled.scale') / ours.scale).item(), 2)  # the world of this case is larger
    scaled = register_points(local, growth * world, confidence)
    compare(scaled.rotation, 'pose_scaled.R')
    compare(scaled.translation, 'pose_scaled.T')
    compare(scaled.scale, 'pose_scaled.scale')


def test_cameras_from_raw_answers():
    raw = given('post.raw')
    world, local, confidence = exp_length(raw[..., :3]), exp_length(raw[..., 3:6]), 1 + raw[..., 6].exp()
    compare(world, 'post.pts3d')
    compare(local, 'post.pts3d_local')
    compare(focal_weiszfeld(local), 'post.focal')
    compare(register_pose(local.flatten(1, 2), world.flatten(1, 2), (confidence - 1).flatten(1)), 'post.c2w')


def test_pose_from_pixels():
    points, mask = given('pnp.world_points'), given('pnp.mask')
    found = estimate_pose(points, given('pnp.focal').item(), mask)
    for key in ('cam_to_world', 'true_cam_to_world'):
        torch.testing.assert_close(found.pose.float(), tensor(NAME, f'out.pnp.{key}'), atol=1e-3, rtol=0)


def test_lengths():
    points = given('norm.points')
    compare(log_length(points), 'log_norm')
    compare(exp_length(points / 2), 'exp_norm')


@pytest.mark.parametrize(
    ('name', 'kind'), [('avg_dis', 'mean'), ('median_dis', 'median'), ('avg_log1p', 'mean_log'), ('sqrt_dis', 'mean_root')]
)
def test_scales_of_clouds(name, kind):
    points = given('norm.points')
    scale = point_scale(points, given('norm.valid'), kind)[:, None, None, None, None]
    compare(scale, f'norm.{name}.factor')
    compare(points / scale, f'norm.{name}.points')


def test_one_scale_for_both_maps_of_a_pair():
    pair, valid = given('norm.points')[:, :2], given('norm.valid')[:, :2]
    scale = point_scale(pair, valid)[:, None, None, None]
    compare(scale, 'norm_pair.factor')
    compare(pair[:, 0] / scale, 'norm_pair.points1')
    compare(pair[:, 1] / scale, 'norm_pair.points2')


def test_points_of_a_depth_map():
    depth = given('depth.depth')
    points = depth_to_pointmap(depth, given('depth.K'), given('depth.cam_to_world'))
    valid = valid_depth(depth)
    assert torch.equal(valid, tensor(NAME, 'out.depth.valid'))
    torch.testing.assert_close(points[valid], tensor(NAME, 'out.depth.points')[valid], atol=5e-6, rtol=5e-6)
