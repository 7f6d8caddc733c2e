"""Iterative closest points: the rigid motion that lays one cloud on another that it nearly covers already."""

from typing import NamedTuple

import torch
from torch import Tensor

from uniseg3d.geometry.alignment import register_pose
from uniseg3d.geometry.neighbors import PointTree
from uniseg3d.geometry.se3 import apply_pose, small_motion


class ClosestPointsFit(NamedTuple):
    pose: Tensor  # [4, 4] float64, moves the source
    fitness: float  # share of source points with a partner
    rmse: float  # root mean square distance to the partners; 0 without any


def register_clouds(
    source: Tensor,  # [N, 3]
    target: Tensor,  # [M, 3]
    reach: float = 0.1,  # partners are at most so far apart
    target_normals: Tensor | None = None,  # [M, 3]: minimise distances to planes instead of points
    start: Tensor | None = None,  # [4, 4]
    rounds: int = 30,
    tolerance: float = 1e-6,  # stop when both fitness and rmse change by less
) -> ClosestPointsFit:
    """Pair every point with the nearest of the target, move the source to fit, and again until it stands.

    Where fewer than three points find a partner the start is the answer.
    """
    tree, moving = PointTree(target, 'target'), source.double()
    goal = target.double().to(moving.device)
    normals = None if target_normals is None else target_normals.double().to(moving.device)
    pose = torch.eye(4, dtype=torch.float64, device=moving.device) if start is None else start.double()
    moving = apply_pose(pose, moving)
    pairs = _Pairs.find(tree, moving, reach)
    for _ in range(rounds):
        if len(pairs.source) < 3:
            break
        here, there = moving[pairs.source], goal[pairs.target]
        step = register_pose(here, there) if normals is None else _plane_step(here, there, normals[pairs.target])
        pose, moving, last = step @ pose, apply_pose(step, moving), pairs
        pairs = _Pairs.find(tree, moving, reach)
        if abs(pairs.fitness - last.fitness) < tolerance and abs(pairs.rmse - last.rmse) < tolerance:
            break
    return ClosestPointsFit(pose, pairs.fitness, pairs.rmse)


class _Pairs(NamedTuple):
    source: Tensor  # [P] int64
    target: Tensor  # [P] int64
    fitness: float
    rmse: float

    @classmethod
    def find(cls, tree: PointTree, points: Tensor, reach: float) -> '_Pairs':
        distance, index = tree.nearest(points, 'source')
        near = (distance <= reach).nonzero()[:, 0]
        rmse = distance[near].square().mean().sqrt().item() if len(near) else 0.0
        return cls(near, index[near], len(near) / len(points), rmse)


def _plane_step(points: Tensor, target: Tensor, normals: Tensor) -> Tensor:
    """The small motion [4, 4] of least squared distance of points [P, 3] to planes, linear in angle and shift."""
    rows = torch.cat([torch.linalg.cross(points, normals), normals], dim=-1)  # [P, 6]
    distance = ((target - points) * normals).sum(-1)
    # the pseudo-inverse leaves alone what a flat target does not tell
    return small_motion(torch.linalg.pinv(rows.mT @ rows, rtol=1e-9, hermitian=True) @ (rows.mT @ distance))
