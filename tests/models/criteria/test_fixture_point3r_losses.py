"""Family vi: the loss of pointmaps and poses, and its gradients, against the original's."""

import numpy as np
import pytest
import torch
from fixture_paths import fixture_folder
from torch import Tensor

from uniseg3d.geometry.pose_encoding import encode_pose
from uniseg3d.geometry.se3 import apply_pose, invert_pose, relative_pose
from uniseg3d.models.criteria.pointmap import PointmapCriterion
from uniseg3d.models.criteria.pointmap_truth import PointmapTruth
from uniseg3d.structures.pointmaps import Pointmaps

PREDICTED = {
    'world': 'pts3d_in_other_view',
    'confidence': 'conf',
    'local': 'pts3d_in_self_view',
    'local_confidence': 'conf_self',
    'poses': 'camera_pose',
}
PUBLISHED = {'pose_limit': 0.3, 'pool_pixels': True}


@pytest.fixture(scope='module')
def archive() -> dict[str, Tensor]:
    with np.load(fixture_folder('point3r') / 'vi_losses.npz') as content:
        return {key: torch.from_numpy(content[key]) for key in content}


def views(archive: dict[str, Tensor]) -> int:
    return len([key for key in archive if key.startswith('in/gt/') and key.endswith('/pts3d')])


def stacked(archive: dict[str, Tensor], pattern: str) -> Tensor:
    return torch.stack([archive[pattern.format(view)] for view in range(views(archive))], dim=1)


@pytest.fixture(scope='module')
def truth(archive: dict[str, Tensor]) -> PointmapTruth:
    poses, points = stacked(archive, 'in/gt/{}/camera_pose'), stacked(archive, 'in/gt/{}/pts3d')
    world = apply_pose(invert_pose(poses[:, 0]), points)
    relative = relative_pose(poses[:, :1], poses)
    return PointmapTruth(
        local=apply_pose(invert_pose(poses), points),
        world=world,
        valid=stacked(archive, 'in/gt/{}/valid_mask'),
        sky=stacked(archive, 'in/gt/{}/sky_mask'),
        poses=encode_pose(relative),
        is_metric=archive['in/is_metric'],
    )


def predicted(archive: dict[str, Tensor], offset: float = 0.0) -> Pointmaps:
    parts = {name: stacked(archive, f'in/pred/{{}}/{key}') for name, key in PREDICTED.items()}
    parts['poses'] = parts['poses'] + offset
    return Pointmaps(**{name: value.requires_grad_() for name, value in parts.items()})


@pytest.mark.parametrize('variant', ['Regr3DPose', 'Regr3DPoseBatchList'])
def test_loss_and_gradients(archive: dict[str, Tensor], truth: PointmapTruth, variant: str) -> None:
    answer = predicted(archive)
    losses = PointmapCriterion(**PUBLISHED).compare(answer, truth)
    total = losses['loss_points'] + losses['loss_pose']
    assert torch.allclose(total, archive[f'out/{variant}/loss'], rtol=1e-5)
    assert torch.allclose(losses['loss_pose'] / 5, archive[f'out/{variant}/pose_loss'], rtol=1e-5)
    total.backward()
    for name, key in PREDICTED.items():
        expected = stacked(archive, f'out/{variant}/grad/{{}}/{key}')
        assert (getattr(answer, name).grad - expected).abs().max() <= 1e-5 * expected.abs().max(), name


def test_the_pose_term_has_a_limit(archive: dict[str, Tensor], truth: PointmapTruth) -> None:
    answer = predicted(archive, float(archive['in/saturated_pose_offset']))
    losses = PointmapCriterion(**PUBLISHED).compare(answer, truth)
    total = losses['loss_points'] + losses['loss_pose']
    assert torch.allclose(total, archive['out/saturated/loss'], rtol=1e-5)
    total.backward()
    assert not answer.poses.grad.any()
    free = PointmapCriterion(pose_weight=1.0).compare(answer, truth)
    assert torch.allclose(free['loss_pose'], archive['out/saturated/pose_loss'], rtol=1e-5)


def test_true_poses(archive: dict[str, Tensor], truth: PointmapTruth) -> None:
    expected = stacked(archive, 'out/normalised/gt_pose_quat/{}')
    assert torch.allclose(truth.poses[..., 3:], expected, atol=1e-5)
