import cv2
import numpy as np
import pytest
import torch
from geometry_samples import random_poses, relief

from uniseg3d.geometry.cameras import intrinsic_matrix
from uniseg3d.geometry.depth import pixel_grid
from uniseg3d.geometry.pnp import estimate_pose, refine_pose, reprojection_errors, solve_pnp
from uniseg3d.geometry.se3 import apply_pose, invert_pose, relative_pose, rotation_angle, small_motion

FOCAL = 45.0


def seen_scene(wrong=0.0, height=30, width=40, seed=0):
    """A pointmap in the world, a share of it wrong, and the pose of the camera that sees it."""
    generator = torch.Generator().manual_seed(seed)
    pose = random_poses(seed=seed)
    pointmap = apply_pose(pose, relief(height, width, FOCAL, seed=seed))
    spoilt = torch.rand(height, width, generator=generator) < wrong
    pointmap[spoilt] += torch.randn(int(spoilt.sum()), 3, generator=generator, dtype=torch.float64)
    return pointmap, pose


def apart(found, truth):
    """Angle in degrees and distance between two poses."""
    motion = relative_pose(found, truth)
    return rotation_angle(motion[:3, :3]).rad2deg().item(), motion[:3, 3].norm().item()


def camera():
    return intrinsic_matrix(torch.tensor(FOCAL).double(), torch.tensor([20.0, 15.0]).double())


def test_exact_points_give_the_exact_pose():
    pointmap, truth = seen_scene()
    fit = estimate_pose(pointmap, FOCAL)
    torch.testing.assert_close(fit.pose, truth, atol=1e-7, rtol=0)
    assert fit.inliers.all() and fit.focal == FOCAL and fit.cost < 1e-12


@pytest.mark.parametrize('seed', range(3))
def test_half_of_the_points_may_be_wrong(seed):
    pointmap, truth = seen_scene(wrong=0.5, seed=seed)
    fit = estimate_pose(pointmap, FOCAL, threshold=1.0)
    angle, distance = apart(fit.pose, truth)
    assert angle < 0.5 and distance < 0.03
    assert 0.48 < fit.inliers.double().mean() < 0.6


def test_as_good_as_opencv():
    pointmap, truth = seen_scene(wrong=0.3, seed=5)
    pixels = pixel_grid(30, 40, pointmap).reshape(-1, 2).numpy()
    options = {'iterationsCount': 100, 'reprojectionError': 5.0, 'flags': cv2.SOLVEPNP_SQPNP}
    _, turn, shift, _ = cv2.solvePnPRansac(pointmap.reshape(-1, 3).numpy(), pixels, camera().numpy(), None, **options)
    theirs = np.eye(4)
    theirs[:3, :3], theirs[:3, 3] = cv2.Rodrigues(turn)[0], shift[:, 0]
    expected, found = apart(invert_pose(torch.from_numpy(theirs)), truth), apart(estimate_pose(pointmap, FOCAL).pose, truth)
    assert found[0] <= 1.5 * expected[0] + 0.05 and found[1] <= 1.5 * expected[1] + 0.005


def test_the_same_seed_gives_the_same_pose():
    pointmap, _ = seen_scene(wrong=0.4)
    first, again = estimate_pose(pointmap, FOCAL, guesses=10), estimate_pose(pointmap, FOCAL, guesses=10)
    assert torch.equal(first.pose, again.pose) and torch.equal(first.inliers, again.inliers)


def test_holes_and_masked_pixels_have_no_say():
    pointmap, truth = seen_scene()
    pointmap[:5] = torch.nan
    pointmap[5:20] += 1
    mask = torch.ones(30, 40, dtype=torch.bool)
    mask[5:20] = False
    fit = estimate_pose(pointmap, FOCAL, mask)
    torch.testing.assert_close(fit.pose, truth, atol=1e-6, rtol=0)
    assert fit.inliers.shape == (10 * 40,)


def test_an_unknown_focal_length_is_found_among_the_trials():
    pointmap, truth = seen_scene()
    fit = estimate_pose(pointmap, guesses=10)
    assert fit.focal == pytest.approx(FOCAL, rel=0.06)  # trials lie a factor of 1.09 apart
    assert apart(fit.pose, truth)[0] < 2


def test_a_principal_point_beside_the_middle():
    pose = random_poses(seed=4)
    u, v = pixel_grid(30, 40, torch.zeros(1).double()).unbind(-1)
    depth = 2 + torch.rand(30, 40, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    local = torch.stack([(u - 17) / FOCAL, (v - 12.5) / FOCAL, torch.ones_like(u)], -1) * depth[..., None]
    fit = estimate_pose(apply_pose(pose, local), FOCAL, principal_point=(17, 12.5))
    torch.testing.assert_close(fit.pose, pose, atol=1e-7, rtol=0)


def test_too_few_points_have_no_pose():
    pointmap, _ = seen_scene()
    mask = torch.zeros(30, 40, dtype=torch.bool)
    assert estimate_pose(pointmap, FOCAL, mask) is None and estimate_pose(pointmap, None, mask) is None
    mask[0, :3] = True
    assert estimate_pose(pointmap, FOCAL, mask) is None
    noise = torch.randn(500, 3, generator=torch.Generator().manual_seed(0))
    pixels = 1000 * torch.rand(500, 2, generator=torch.Generator().manual_seed(1))
    assert solve_pnp(noise, pixels, camera(), threshold=0.01) is None


def test_refinement_finds_the_minimum():
    pointmap, truth = seen_scene()
    points = pointmap.reshape(-1, 3)
    pixels = pixel_grid(30, 40, pointmap).reshape(-1, 2)
    pixels = pixels + torch.randn(pixels.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    start = small_motion(torch.tensor([0.05, -0.03, 0.02, 0.1, -0.1, 0.1]).double()) @ invert_pose(truth)
    best = refine_pose(start, points, pixels, camera(), steps=30)

    def cost(pose):
        return reprojection_errors(pose, points, pixels, camera()).square().sum()

    for step in torch.eye(6).double() * 1e-3:
        assert cost(best) <= min(cost(small_motion(step) @ best), cost(small_motion(-step) @ best))


def test_points_behind_the_camera_are_wrong():
    points = torch.tensor([[0.0, 0, 1], [0, 0, -1], [0, 0, 0]])
    errors = reprojection_errors(torch.eye(4), points, torch.full((3, 2), 20.0), torch.eye(3))
    assert errors.isfinite().tolist() == [True, False, False]
