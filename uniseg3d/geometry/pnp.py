"""The pose of a camera from points and the pixels that show them (perspective-n-point), also if many pairs are wrong."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from uniseg3d.geometry.cameras import intrinsic_matrix, project
from uniseg3d.geometry.depth import pixel_grid
from uniseg3d.geometry.p3p import poses_of_triples
from uniseg3d.geometry.se3 import apply_pose, invert_pose, small_motion

LEAST_POINTS = 4  # three leave up to four poses
JUDGES = 2048  # points that judge guesses; all points judge the best one
FOCAL_TRIALS = 21


class PoseFit(NamedTuple):
    pose: Tensor  # [4, 4] float64, camera-to-world
    inliers: Tensor  # [N] bool, seen where they should be
    focal: float  # pixels
    cost: float  # mean squared error of all pairs in pixels², that of wrong ones cut off at the threshold


def estimate_pose(
    pointmap: Tensor,  # [H, W, 3] world points of the pixels
    focal: float | None = None,  # pixels; the best of 21 trials if not known
    mask: Tensor | None = None,  # [H, W] bool, pixels to use
    principal_point: tuple[float, float] | None = None,  # the middle (W/2, H/2) if not given
    threshold: float = 5.0,
    guesses: int = 100,
    seed: int = 0,
) -> PoseFit | None:
    """Where the camera stood that saw ``pointmap``; ``None`` if fewer than four pixels agree on a pose."""
    height, width = pointmap.shape[:2]
    used = pointmap.isfinite().all(-1) & (True if mask is None else mask)
    points, pixels = pointmap[used], pixel_grid(height, width, pointmap)[used]
    middle = torch.tensor(principal_point or (width / 2, height / 2), dtype=torch.float64, device=points.device)

    def solve(focal: float, some: Tensor | slice = slice(None)) -> PoseFit | None:
        camera = intrinsic_matrix(torch.tensor(focal, dtype=torch.float64, device=points.device), middle)
        return solve_pnp(points[some], pixels[some], camera, threshold, guesses, seed)

    if focal is None:
        some = _draw(len(points), JUDGES, torch.Generator().manual_seed(seed)).to(points.device)
        trials = np.geomspace(0.5, 3, FOCAL_TRIALS) * max(height, width)
        fits = [fit for fit in (solve(trial, some) for trial in trials) if fit is not None]
        if not fits:
            return None
        focal = min(fits, key=lambda fit: fit.cost).focal
    return solve(focal)


def solve_pnp(
    points: Tensor,  # [N, 3] world
    pixels: Tensor,  # [N, 2]
    intrinsics: Tensor,  # [3, 3]
    threshold: float = 5.0,  # pixels; pairs farther off are wrong
    guesses: int = 100,
    seed: int = 0,
) -> PoseFit | None:
    """The pose that most pairs agree with, refined on those; ``None`` if there are fewer than four of them.

    Guesses come from random triples and are judged by a random part; the same ``seed`` gives the same answer.
    """
    if len(points) < LEAST_POINTS:
        return None
    points, pixels, intrinsics = points.double(), pixels.double(), intrinsics.double()
    generator = torch.Generator().manual_seed(seed)
    triples = torch.randint(len(points), (guesses, 3), generator=generator).to(points.device)
    judges = _draw(len(points), JUDGES, generator).to(points.device)
    pose = _best_guess(points, pixels, intrinsics, threshold, triples, judges)  # [4, 4] world-to-camera
    for some in (judges, judges, slice(None)):  # a better pose finds more pairs
        inliers = reprojection_errors(pose, points[some], pixels[some], intrinsics) <= threshold
        if inliers.sum() < LEAST_POINTS:
            return None
        pose = refine_pose(pose, points[some][inliers], pixels[some][inliers], intrinsics)
    errors = reprojection_errors(pose, points, pixels, intrinsics)
    cost = errors.clamp(max=threshold).square().mean().item()
    return PoseFit(invert_pose(pose), errors <= threshold, intrinsics[0, 0].item(), cost)


def reprojection_errors(world_to_camera: Tensor, points: Tensor, pixels: Tensor, intrinsics: Tensor) -> Tensor:
    """Distances [*B, N] of points [N, 3] from their pixels [N, 2] under poses [*B, 4, 4]; infinite behind the camera."""
    cameras = intrinsics @ world_to_camera[..., :3, :]  # [*B, 3, 4]
    image = cameras @ torch.cat([points, torch.ones_like(points[:, :1])], dim=-1).mT  # [*B, 3, N] in one product
    depth = image[..., 2, :]
    error = (image[..., :2, :] / depth[..., None, :] - pixels.mT).square().sum(-2).sqrt()
    return torch.where((depth > 0) & error.isfinite(), error, torch.inf)


def refine_pose(world_to_camera: Tensor, points: Tensor, pixels: Tensor, intrinsics: Tensor, steps: int = 10) -> Tensor:
    """Least squares of the reprojection errors, by damped Gauss–Newton steps from a pose [4, 4] that is nearly right."""
    pose, damping = world_to_camera, 1e-6
    cost = reprojection_errors(pose, points, pixels, intrinsics).square().sum()
    for _ in range(steps):
        slopes, residual = _linearise(apply_pose(pose, points), pixels, intrinsics)
        normal = slopes.mT @ slopes
        damped = normal + damping * normal.diagonal().diag()
        step = -torch.linalg.pinv(damped, hermitian=True) @ (slopes.mT @ residual)[:, 0]
        tried = small_motion(step) @ pose
        tried_cost = reprojection_errors(tried, points, pixels, intrinsics).square().sum()
        if tried_cost < cost:
            settled = tried_cost > (1 - 1e-12) * cost
            pose, cost, damping = tried, tried_cost, damping / 10
            if settled:
                break
        else:
            damping *= 100
    return pose


def _best_guess(
    points: Tensor, pixels: Tensor, intrinsics: Tensor, threshold: float, triples: Tensor, judges: Tensor
) -> Tensor:
    rays = torch.cat([pixels, torch.ones_like(pixels[:, :1])], -1)[triples] @ torch.linalg.inv(intrinsics).mT
    poses = poses_of_triples(points[triples], torch.nn.functional.normalize(rays, dim=-1)).flatten(0, 1)  # [4 K, 4, 4]
    errors = reprojection_errors(poses, points[judges], pixels[judges], intrinsics)  # [4 K, J]
    return poses[errors.clamp(max=threshold).square().sum(-1).argmin()]


def _draw(count: int, most: int, generator: torch.Generator) -> Tensor:
    """Random indices of at most ``most`` out of ``count``."""
    return torch.randperm(count, generator=generator)[:most]


def _linearise(camera: Tensor, pixels: Tensor, intrinsics: Tensor) -> tuple[Tensor, Tensor]:
    """Derivatives [2 N, 6] of pixels by a turn and a shift of points [N, 3] in the camera's frame, and errors [2 N, 1]."""
    seen, depth = project(camera, intrinsics)
    by_point = (intrinsics[:2] - seen[..., None] * intrinsics[2]) / depth[:, None, None]  # [N, 2, 3]
    by_turn = torch.linalg.cross(camera[:, None].expand_as(by_point), by_point)
    return torch.cat([by_turn, by_point], dim=-1).flatten(0, 1), (seen - pixels).reshape(-1, 1)
