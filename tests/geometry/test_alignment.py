import pytest
import torch
from geometry_samples import random_points, random_rotations
from hypothesis import given, settings
from hypothesis import strategies as st

from uniseg3d.geometry.alignment import is_degenerate, register_points, register_pose
from uniseg3d.geometry.se3 import Similarity, apply_pose
from uniseg3d.utils.errors import DataError


def motion(*shape, seed=0):
    scale = 0.3 + torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return Similarity(scale, random_rotations(*shape, seed=seed), random_points(*shape, seed=seed))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(4, 30), st.booleans())
def test_the_motion_of_exact_points_is_found(seed, count, weighted):
    points, truth = random_points(2, count, seed=seed), motion(2, seed=seed)
    weights = (
        0.1 + torch.rand(2, count, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) if weighted else None
    )
    found = register_points(points, truth.apply(points), weights)
    torch.testing.assert_close(found.apply(points), truth.apply(points), atol=1e-8, rtol=1e-8)
    torch.testing.assert_close(found.scale, truth.scale, atol=1e-7, rtol=1e-7)


def error(motion, source, target, weights):
    return (weights * (motion.apply(source) - target).square().sum(-1)).sum()


@pytest.mark.parametrize('with_scale', [True, False])
def test_no_motion_nearby_fits_better(with_scale):
    source, target = random_points(40), random_points(40, seed=1) + random_points(40)
    weights = torch.rand(40, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    best = register_points(source, target, weights, with_scale)
    least = error(best, source, target, weights)
    generator = torch.Generator().manual_seed(2)
    for _ in range(60):
        turn = torch.linalg.matrix_exp(0.02 * (lambda a: a - a.mT)(torch.randn(3, 3, generator=generator, dtype=torch.float64)))
        scale = best.scale * (1 + 0.02 * torch.randn((), generator=generator, dtype=torch.float64) * with_scale)
        shift = best.translation + 0.02 * torch.randn(3, generator=generator, dtype=torch.float64)
        assert error(Similarity(scale, turn @ best.rotation, shift), source, target, weights) >= least


def test_points_without_weight_do_not_count():
    points, truth = random_points(20), motion()
    target = truth.apply(points)
    target[:5] += 10
    weights = torch.ones(20, dtype=torch.float64)
    weights[:5] = 0
    torch.testing.assert_close(register_points(points, target, weights).matrix(), truth.matrix())


def test_mirrored_points_get_a_rotation():
    points = random_points(20)
    found = register_points(points, points * torch.tensor([-1.0, 1, 1]))
    assert torch.linalg.det(found.rotation).item() == pytest.approx(1)


def test_the_pose_of_a_camera_from_its_points_in_both_frames():
    local, truth = random_points(3, 15), motion(3)
    world = Similarity(torch.ones_like(truth.scale), truth.rotation, truth.translation).apply(local)
    pose = register_pose(local, world)
    torch.testing.assert_close(apply_pose(pose, local), world)


def test_points_on_a_line_or_in_one_place_are_degenerate():
    line = torch.arange(5.0)[:, None] * torch.tensor([1.0, 2, 3])
    assert is_degenerate(line, line) and is_degenerate(torch.ones(4, 3), torch.ones(4, 3))
    plane = random_points(10) * torch.tensor([1.0, 1, 0])
    assert not is_degenerate(plane, plane)


def test_gradients_flow_to_points_and_weights():
    source, target = random_points(6).requires_grad_(), random_points(6, seed=3).requires_grad_()
    weights = torch.rand(6, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    assert torch.autograd.gradcheck(lambda *args: register_points(*args).matrix(), (source, target, weights))


def test_bad_input_is_refused():
    with pytest.raises(DataError, match=r'\[4, 3\] to \[5, 3\]'):
        register_points(torch.zeros(4, 3), torch.zeros(5, 3))
    with pytest.raises(DataError, match='weights are all zero'):
        register_points(torch.zeros(4, 3), torch.zeros(4, 3), torch.zeros(4))
