"""Family vii: DUSt3R's loss of two views."""

import numpy as np
import pytest
import torch
from fixture_paths import fixture_folder

from uniseg3d.geometry.pose_encoding import encode_pose
from uniseg3d.geometry.se3 import apply_pose, invert_pose
from uniseg3d.models.criteria.pointmap import PointmapCriterion
from uniseg3d.models.criteria.pointmap_truth import PointmapTruth
from uniseg3d.structures.pointmaps import Pointmaps

pytestmark = pytest.mark.full_set  # too large for the repository


def test_pair_loss() -> None:
    with np.load(fixture_folder('panst3r') / 'vii_geometry.npz') as content:
        data = {key: torch.from_numpy(content[key]) for key in content if key.startswith(('in.loss', 'out.dust3r_loss'))}
    pair = {key.removeprefix('in.loss.'): value[:, :2] for key, value in data.items() if value.ndim > 1}
    world = apply_pose(invert_pose(pair['camera_pose'][:, 0]), pair['gt_points'])
    poses = encode_pose(pair['camera_pose'])
    truth = PointmapTruth(world, world, pair['valid'], pair['sky'], poses, data['in.loss.metric'])
    criterion = PointmapCriterion(metric_scale=False, confident_scale=False, sky=None, pool_pixels=True)
    answer = Pointmaps(pair['pred_pts3d'], pair['pred_conf'])
    losses = criterion.compare(answer, truth)
    assert torch.allclose(losses['loss_points'], data['out.dust3r_loss.total'], rtol=1e-5)
    first = criterion.compare(Pointmaps(answer.world, answer.confidence), truth)['distance_world']
    both = [data[f'out.dust3r_loss.regr{view}'] for view in (1, 2)]
    counts = pair['valid'].sum((0, 2, 3)).double()
    assert torch.isclose(first.double(), (counts * torch.stack(both)).sum() / counts.sum(), rtol=1e-5)
