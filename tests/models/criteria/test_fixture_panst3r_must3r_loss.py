"""Family vii: MUSt3R's loss of points in two frames, with gradients."""

import pytest
from panst3r_archives import archive, assert_equals, tensor

from uniseg3d.geometry.pose_encoding import encode_pose
from uniseg3d.geometry.se3 import apply_pose, invert_pose
from uniseg3d.models.criteria.pointmap import PointmapCriterion
from uniseg3d.models.criteria.pointmap_truth import PointmapTruth
from uniseg3d.structures.pointmaps import Pointmaps

pytestmark = pytest.mark.full_set
NAME = 'vii_geometry'
ALWAYS = {'confident_scale': False, 'world_scale': True, 'pool_pixels': True, 'pool_views': True}
KINDS = {
    'plain': {},
    'log': {'log_lengths': True},
    'normall_nosky': {'metric_scale': False, 'sky': None},
}
ANSWERS = {'world': 'pts3d', 'local': 'pts3d_local', 'confidence': 'conf'}


def given(key):
    return tensor(NAME, f'in.loss.{key}')


def truth():
    poses, points = given('camera_pose'), given('gt_points')
    own, first = (invert_pose(camera) for camera in (poses, poses[:, :1]))
    local, world = apply_pose(own, points), apply_pose(first.expand_as(own), points)
    return PointmapTruth(local, world, given('valid'), given('sky'), encode_pose(poses), given('metric'))


@pytest.mark.parametrize('kind', KINDS)
def test_the_loss_and_what_it_teaches(kind):
    parts = {field: given(f'pred_{key}').requires_grad_() for field, key in ANSWERS.items()}
    answer = Pointmaps(**parts, local_confidence=parts['confidence'])
    losses = PointmapCriterion(**ALWAYS, **KINDS[kind]).compare(answer, truth())
    assert_equals(losses['loss_points'], NAME, f'loss.{kind}.total')
    losses['loss_points'].backward()
    for field, key in ANSWERS.items():
        assert_equals(parts[field].grad, NAME, f'loss.{kind}.grad_{key}')


@pytest.mark.parametrize('kind', KINDS)
def test_the_part_of_the_world(kind):
    answer = Pointmaps(given('pred_pts3d'), given('pred_conf'))
    half = PointmapCriterion(**ALWAYS, **KINDS[kind]).compare(answer, truth())['loss_points'] / 2
    expected = archive(NAME)[f'out.loss.{kind}.conf_loss_global'].item()
    assert half.item() == pytest.approx(expected, rel=1e-5)
