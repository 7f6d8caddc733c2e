import pytest
import torch
from torch import Tensor

from uniseg3d.geometry.pose_encoding import encode_pose
from uniseg3d.geometry.quaternion import quaternion_to_matrix
from uniseg3d.geometry.se3 import pose_matrix, relative_pose
from uniseg3d.models.criteria.pointmap import PointmapCriterion, mean_length
from uniseg3d.models.criteria.pointmap_truth import PointmapTruth
from uniseg3d.structures.pointmaps import Pointmaps
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.errors import DataError

SIZE = (6, 8)


def posed(sequences: int = 2, views: int = 3, metric: bool = True) -> ViewBatch:
    generator = torch.Generator().manual_seed(0)
    turns = torch.randn(sequences, views, 4, generator=generator) * 0.1 + torch.tensor([1.0, 0, 0, 0])
    poses = pose_matrix(quaternion_to_matrix(turns), torch.randn(sequences, views, 3, generator=generator))
    intrinsics = torch.tensor([[7.0, 0, 3.5], [0, 7.0, 2.5], [0, 0, 1]]).expand(sequences, views, 3, 3)
    depth = 1 + torch.rand(sequences, views, *SIZE, generator=generator)
    ids = [f's{i}' for i in range(sequences)]
    images = torch.zeros(sequences, views, 3, *SIZE)
    return ViewBatch(ids, images, [['v'] * views] * sequences, poses, intrinsics, depth, torch.tensor([metric] * sequences))


def perfect(batch: ViewBatch, confidence: float = 1.0) -> Pointmaps:
    truth = PointmapTruth.of(batch)
    sure = torch.full_like(batch.depth, confidence)
    return Pointmaps(truth.world, sure, truth.local, sure, truth.poses)


def test_the_truth_of_the_first_view_is_its_own_and_poses_are_relative_to_it():
    batch = posed()
    truth = PointmapTruth.of(batch)
    assert torch.allclose(truth.world[:, 0], truth.local[:, 0], atol=1e-5)
    assert torch.equal(truth.local[..., 2], batch.depth)
    expected = encode_pose(relative_pose(batch.camera_to_world[:, :1], batch.camera_to_world))
    assert torch.allclose(truth.poses, expected)


def test_the_truth_needs_depth_and_cameras():
    batch = posed()
    batch.intrinsics = None
    with pytest.raises(DataError, match='lack depth, intrinsics or poses'):
        PointmapTruth.of(batch)


def test_a_perfect_answer_costs_what_confidence_earns():
    batch = posed()
    losses = PointmapCriterion(alpha=0.2)(perfect(batch), batch)
    assert losses['loss_points'].abs() < 1e-5 and losses['loss_pose'] < 1e-5
    sure = PointmapCriterion(alpha=0.2)(perfect(batch, 3.0), batch)['loss_points']
    assert torch.allclose(sure, -2 * 0.2 * torch.tensor(3.0).log(), atol=1e-5)


def scaled(answer: Pointmaps, factor: float) -> Pointmaps:
    poses = torch.cat([answer.poses[..., :3] * factor, answer.poses[..., 3:]], dim=-1)
    return Pointmaps(answer.world * factor, answer.confidence, answer.local * factor, answer.local_confidence, poses)


def test_scale_counts_only_where_it_is_known():
    relative, metric = posed(metric=False), posed(metric=True)
    assert PointmapCriterion()(scaled(perfect(relative), 3.0), relative)['loss_points'].abs() < 1e-5
    assert PointmapCriterion()(scaled(perfect(metric), 3.0), metric)['loss_points'] > 1
    assert PointmapCriterion(metric_scale=False)(scaled(perfect(metric), 3.0), metric)['loss_points'].abs() < 1e-5


def total(answer: Pointmaps, batch: ViewBatch) -> Tensor:
    losses = PointmapCriterion()(answer, batch)
    return losses['loss_points'] + losses['loss_pose']


def test_two_processes_with_half_a_batch_learn_what_one_learns():
    batch = posed()
    batch.depth[0, 1, 2:] = 0  # sequences with unequal numbers of known points
    answer = scaled(perfect(batch), 1.2)

    def part(container, rows):
        values = {name: value[rows] if value is not None else None for name, value in vars(container).items()}
        return type(container)(**values)

    halves = [total(part(answer, slice(i, i + 1)), part(batch, slice(i, i + 1))) for i in range(2)]
    assert torch.allclose(torch.stack(halves).mean(), total(answer, batch), rtol=1e-5)


def test_unknown_pixels_teach_nothing_even_if_they_are_not_finite():
    batch = posed()
    batch.depth[:, :, 0] = torch.nan
    answer = perfect(posed())
    answer.world = answer.world.requires_grad_()
    total(answer, batch).backward()
    assert not answer.world.grad[:, :, 0].any() and answer.world.grad.isfinite().all()


def test_the_sky_lowers_confidence():
    batch = posed()
    batch.depth[:, :, 0] = -1.0
    answer = perfect(batch, 2.0)
    answer.confidence.requires_grad_()
    PointmapCriterion(sky=2.0)(answer, batch)['loss_points'].backward()
    grad = answer.confidence.grad
    assert (grad[:, :, 0] > 0).all() and (grad[:, :, 1:] < 0).all()
    assert torch.isclose(
        PointmapCriterion(sky=None)(answer, batch)['loss_points'], -2 * 0.2 * torch.tensor(2.0).log(), atol=1e-5
    )


def test_a_sequence_without_any_depth_is_normal():
    batch = posed(sequences=1)
    answer = perfect(batch)
    answer.world = (answer.world + 1).requires_grad_()
    batch.depth = torch.zeros_like(batch.depth)
    losses = PointmapCriterion(sky=None)(answer, batch)
    assert losses['loss_points'] == 0 and losses['loss_pose'] == 0
    losses['loss_points'].backward()
    assert not answer.world.grad.any()


def test_a_network_without_own_maps_or_poses_has_no_such_terms():
    batch = posed()
    answer = perfect(batch)
    assert set(PointmapCriterion()(Pointmaps(answer.world, answer.confidence), batch)) == {'loss_points', 'distance_world'}


def test_half_precision_answers_are_compared_in_float32():
    batch = posed()
    answer = perfect(batch)
    half = Pointmaps(answer.world.bfloat16(), answer.confidence.bfloat16())
    with torch.autocast('cpu', torch.bfloat16):
        loss = PointmapCriterion()(half, batch)['loss_points']
    assert loss.dtype == torch.float32 and 0 < loss < 0.05


def test_mean_length_takes_all_maps_together():
    points = [torch.tensor([3.0, 4.0, 0.0]).expand(1, 1, 2, 2, 3), torch.zeros(1, 1, 2, 2, 3)]
    assert torch.isclose(mean_length(points, [torch.ones(1, 1, 2, 2)] * 2), torch.tensor([2.5]))


def test_shapes_of_depths_count_apart_from_one_scale_per_sequence():
    batch = posed(metric=False)
    answer, criterion = perfect(batch), PointmapCriterion(depth_weight=2.0)
    assert 'loss_depth' not in PointmapCriterion()(answer, batch)
    answer.local = answer.local * torch.tensor([0.3, 4.0]).view(2, 1, 1, 1, 1)
    assert criterion(answer, batch)['loss_depth'] < 1e-5
    half = answer.local.clone()
    half[..., :4, :] *= 1.21  # half of the pixels a tenth (in logarithms) too far, the others as much too near
    answer.local = half
    assert abs(criterion(answer, batch)['loss_depth'] - 2 * torch.tensor(1.1).log()) < 1e-4


def test_relative_depths_cost_more_where_they_are_too_far():
    batch = posed(metric=False)
    answer, criterion = perfect(batch), PointmapCriterion(depth_weight=2.0, relative_depth=True)
    assert criterion(answer, batch)['loss_depth'] < 1e-5
    factor = torch.ones(6, 8, 1)
    factor[:, :4] = 1.21  # apart from the common scale of 1.1 half of the pixels are 1.1 times too far, half 1.1 times too near
    answer.local = answer.local * factor
    assert abs(criterion(answer, batch)['loss_depth'] - (0.1 + (1 - 1 / 1.1))) < 1e-4
    answer.local[0, 0, 0, 0] = 1e6  # a single wild point has a bounded cost and a finite gradient
    wild = answer.local.requires_grad_()
    criterion(Pointmaps(answer.world, answer.confidence, wild, answer.confidence, answer.poses), batch)['loss_depth'].backward()
    assert wild.grad.isfinite().all()


def test_a_known_scale_of_depths_counts_a_little():
    """A tenth of the mean difference of logarithms; of shapes nothing is wrong."""
    batch = posed()
    answer = perfect(batch)
    answer.local = answer.local * 1.1
    assert abs(PointmapCriterion(depth_weight=2.0)(answer, batch)['loss_depth'] - 0.2 * torch.tensor(1.1).log()) < 1e-5
