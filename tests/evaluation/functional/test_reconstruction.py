import pytest
import torch
from geometry_samples import random_points, random_poses, relief

from uniseg3d.evaluation.functional.reconstruction import (
    align_by_medians,
    central_window,
    cloud_errors,
    completion_ratio,
    reconstruction_errors,
)
from uniseg3d.geometry.se3 import apply_pose
from uniseg3d.utils.errors import DataError


def plane(count, height=0.0, seed=0):
    points = random_points(count, seed=seed)
    points[:, 2] = height
    return points, torch.tensor([0.0, 0, 1]).double().expand(count, 3)


def test_two_planes():
    truth, up = plane(400)
    found, _ = plane(400, height=0.25)
    errors = reconstruction_errors(found, truth, -up, up)  # the sign of a normal says nothing
    assert errors == pytest.approx((0.25, 0.25, 0.25, 0.25, 1, 1))


def test_half_a_surface_is_accurate_but_not_complete():
    truth, up = plane(500)
    half = truth[truth[:, 0] > 0]
    errors = reconstruction_errors(half, truth, up[: len(half)], up)
    assert errors.accuracy == 0 and errors.completion > 0.1
    assert errors.completion_median < errors.completion
    assert completion_ratio(half, truth, 1e-9) == pytest.approx(len(half) / 500)


def test_normals_count_at_the_nearest_point():
    truth = torch.tensor([[0.0, 0, 0], [10, 0, 0]])
    normals = torch.tensor([[0.0, 0, 1], [0, 1, 0]])
    points = torch.tensor([[1.0, 0, 0], [9, 0, 0], [8, 0, 0]])
    errors = cloud_errors(points, truth, torch.tensor([[0.0, 0, 1], [0, 0, 1], [0, 0.6, 0.8]]), normals)
    assert errors.normals == pytest.approx((1 + 0 + 0.6) / 3) and errors.normals_median == pytest.approx(0.6)
    assert errors.mean == pytest.approx(4 / 3) and errors.median == 1


def test_the_size_of_a_reconstruction_costs_nothing():
    local = torch.stack([relief(20, 24, 30), relief(20, 24, 30, seed=1)])
    pose = random_poses()
    truth, valid = apply_pose(pose, local), torch.rand(2, 20, 24, generator=torch.Generator().manual_seed(0)) > 0.2
    truth[~valid] = torch.nan
    aligned = align_by_medians(local / 7, truth, valid, pose)
    torch.testing.assert_close(aligned.prediction[valid], aligned.truth[valid])
    torch.testing.assert_close(aligned.truth[valid], truth[valid])
    torch.testing.assert_close(aligned.true_size / aligned.predicted_size, torch.tensor(7.0).double())


def test_inputs_stay_as_they_are():
    local, pose = relief(6, 8, 10)[None], random_poses()
    kept = local.clone()
    align_by_medians(local, local, torch.ones(1, 6, 8, dtype=torch.bool), pose)
    assert torch.equal(local, kept)


def test_the_middle_of_every_view():
    maps = torch.arange(2 * 6 * 9).reshape(2, 6, 9)
    assert torch.equal(central_window(maps, 4), maps[:, 1:5, 2:6])
    assert torch.equal(central_window(maps[..., None], 7), maps[:, :, 1:8, None])
    assert torch.equal(central_window(maps), maps)


def test_nothing_to_compare_is_said():
    points, up = plane(5)
    with pytest.raises(DataError, match='target cloud: 0 points'):
        cloud_errors(points, points[:0], up, up[:0])
    with pytest.raises(DataError, match='without NaN or Inf'):
        cloud_errors(points * torch.nan, points, up, up)
    with pytest.raises(DataError, match='without any valid point'):
        align_by_medians(points[None, None], points[None, None], torch.zeros(1, 1, 5, dtype=torch.bool), random_poses())
