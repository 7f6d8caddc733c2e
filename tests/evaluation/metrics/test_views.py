import json
from pathlib import Path

import pytest
import torch

from uniseg3d.evaluation.metrics import MonoDepthMetric, ReconstructionMetric, RelativePoseMetric, VideoDepthMetric
from uniseg3d.geometry.pose_encoding import decode_pose, encode_pose
from uniseg3d.geometry.se3 import apply_pose, relative_pose
from uniseg3d.io.trajectory import read_trajectory
from uniseg3d.models.criteria.pointmap_truth import PointmapTruth
from uniseg3d.structures.pointmaps import Pointmaps
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.errors import ConfigError, DataError

SIZE = (24, 32)


def walk(views: int = 6, seed: int = 0) -> ViewBatch:
    """A camera on a curve before a bumpy wall."""
    generator = torch.Generator().manual_seed(seed)
    time = torch.linspace(0, 1, views)
    turn = torch.stack([torch.ones(views), 0.1 * time, 0.2 * time**2, 0 * time], -1)
    centres = torch.stack([time, 0.3 * time**2, 0.2 * (3 * time).sin()], -1)
    poses = decode_pose(torch.cat([centres, turn], -1))
    depth = 2 + torch.nn.functional.interpolate(torch.rand(1, views, 3, 4, generator=generator), SIZE, mode='bicubic')[0]
    intrinsics = torch.tensor([[30.0, 0, 16], [0, 30.0, 12], [0, 0, 1]]).expand(1, views, 3, 3)
    names = [[str(view) for view in range(views)]]
    return ViewBatch([f'walk{seed}'], torch.zeros(1, views, 3, *SIZE), names, poses[None], intrinsics, depth[None])


def answer_of(batch: ViewBatch, scale: float = 1.0, poses: bool = True) -> Pointmaps:
    truth = PointmapTruth.of(batch)
    sure = torch.full_like(batch.depth, 5.0)
    if not poses:
        return Pointmaps(scale * truth.world, sure)
    encoded = torch.cat([scale * truth.poses[..., :3], truth.poses[..., 3:]], -1)
    return Pointmaps(scale * truth.world, sure, scale * truth.local, sure, encoded)


def measured(metric, batch: ViewBatch, answer: Pointmaps) -> dict[str, float]:
    metric.process({'batch': batch}, list(answer))
    return metric.compute_metrics(metric.results)


def test_true_poses_have_no_error_at_any_scale_beside_predictors_that_look_at_nothing():
    batch = walk()
    found = measured(RelativePoseMetric(), batch, answer_of(batch, 3.0))
    assert found['ate'] < 1e-5 and found['rpe_rotation'] < 1e-2 and found['rotation'] < 1e-2
    assert found['direction'] < 0.1 and found['turn'] > 1 and found['ahead'] > 20
    centres = batch.camera_to_world[0, :, :3, 3]
    assert found['spread'] == pytest.approx((centres - centres.mean(0)).square().sum(-1).mean().sqrt().item(), rel=1e-5)


def test_a_camera_that_stands_still_has_the_errors_of_the_baselines():
    batch = walk()
    answer = answer_of(batch)
    still = torch.eye(4).repeat(6, 1, 1)
    still[:, :3, 3] = 1e-3 * torch.randn(6, 3, generator=torch.Generator().manual_seed(1))
    answer.poses = encode_pose(still)[None]
    found = measured(RelativePoseMetric(), batch, answer)
    assert found['rotation'] == pytest.approx(found['turn'], abs=0.1) and found['ate'] > 0.3 * found['spread']


def test_poses_follow_from_points_where_a_network_states_none():
    batch = walk(views=2)
    found = measured(RelativePoseMetric(), batch, answer_of(batch, poses=False))
    assert found['rotation'] < 0.5 and found['direction'] < 2 and 'ate' not in found


def test_trajectories_are_written_as_tum_has_them_and_as_the_original_has_them(tmp_path: Path):
    batch = walk()
    measured(RelativePoseMetric(trajectories=True, folder=str(tmp_path)), batch, answer_of(batch))
    for name, order in (('pred_traj.txt', 'xyzw'), ('pred_traj_original.txt', 'wxyz')):
        stated = read_trajectory(tmp_path / 'walk0' / name, order).poses
        expected = relative_pose(batch.camera_to_world[0, :1], batch.camera_to_world[0]).double()
        assert torch.allclose(stated, expected, atol=1e-4)
    assert 'Average ATE: 0.0000' in (tmp_path / '_error_log.txt').read_text()


def test_a_walk_on_a_line_has_angles_only_and_an_answer_on_a_line_stands_still():
    batch, line = walk(), torch.linspace(0, 1, 6)[:, None] * torch.ones(3)
    answer = answer_of(batch)
    answer.poses[0, :, :3] = line
    found = measured(RelativePoseMetric(), batch, answer)
    assert found['ate'] == pytest.approx(found['spread'], rel=1e-6)
    batch.camera_to_world[0, :, :3, 3] = line
    assert 'ate' not in measured(RelativePoseMetric(), batch, answer)


def test_without_any_sequence_that_can_be_measured_there_is_no_number():
    batch = walk()
    answer = answer_of(batch)
    batch.camera_to_world = None
    with pytest.raises(DataError, match='none of 1 sequences could be measured'):
        measured(RelativePoseMetric(), batch, answer)


def test_a_sequence_that_is_seen_twice_counts_once():
    first, second = walk(), walk(seed=1)
    found = []
    for times in (1, 3):
        metric = VideoDepthMetric(('metric',))
        metric.process({'batch': first}, list(answer_of(first, 2.0)))
        for _ in range(times):
            metric.process({'batch': second}, list(answer_of(second)))
        found.append(metric.compute_metrics(metric.results)['abs_rel'])
    assert found[0] == found[1] == pytest.approx(0.5, abs=1e-4)


def test_depth_is_aligned_as_asked(tmp_path: Path):
    batch = walk()
    found = measured(VideoDepthMetric(folder=str(tmp_path)), batch, answer_of(batch, 2.0))
    assert found['abs_rel'] < 1e-5 and found['metric/abs_rel'] == pytest.approx(1.0, abs=1e-5)
    assert found['delta_1'] == 1 and 0.02 < found['constant'] < 0.3
    stored = json.loads((tmp_path / 'result_metric.json').read_text())
    assert stored['Abs Rel'] == pytest.approx(1.0, abs=1e-5) and (tmp_path / 'result_scale.json').exists()


def test_images_may_each_have_their_own_scale(tmp_path: Path):
    batch = walk()
    answer = answer_of(batch)
    answer.local = answer.local * torch.arange(1.0, 7)[None, :, None, None, None]
    assert measured(VideoDepthMetric(('scale',)), batch, answer)['abs_rel'] > 0.1
    assert measured(MonoDepthMetric(folder=str(tmp_path)), batch, answer)['abs_rel'] < 1e-5
    assert json.loads((tmp_path / 'metric.json').read_text())['δ < 1.25'] == 1


def test_an_unknown_alignment_is_refused():
    with pytest.raises(ConfigError, match='must name some of'):
        VideoDepthMetric(('magic',))


def test_depth_of_a_pair_is_seen_from_where_its_second_camera_must_be():
    batch = walk(views=2)
    assert measured(VideoDepthMetric(('metric',)), batch, answer_of(batch, poses=False))['abs_rel'] < 0.02


def test_true_points_lie_on_the_surface_at_any_scale(tmp_path: Path):
    batch = walk(views=3)
    found = measured(ReconstructionMetric(folder=str(tmp_path)), batch, answer_of(batch, 0.5))
    assert found['acc'] < 1e-4 and found['comp'] < 1e-4 and found['nc'] > 0.99
    assert found['acc_original'] < 0.02 and 'mean acc: 0.000' in (tmp_path / 'logs_all.txt').read_text()


def test_wrong_points_are_far_from_it():
    batch = walk(views=3)
    answer = answer_of(batch)
    noise = 0.2 * torch.randn(answer.world.shape, generator=torch.Generator().manual_seed(0))
    answer.world = apply_pose(torch.eye(4)[None, None], answer.world) + noise
    assert measured(ReconstructionMetric(original=False), batch, answer)['acc'] > 0.05
