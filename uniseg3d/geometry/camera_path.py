"""A smooth way of a camera through given poses."""

import torch
from torch import Tensor

from uniseg3d.geometry.quaternion import matrix_to_quaternion, quaternion_to_matrix


def camera_path(poses: Tensor, count: int) -> Tensor:
    """``count`` camera-to-world poses [count, 4, 4] from the first of ``poses`` [V, 4, 4] on to the last, in even steps."""
    place = torch.linspace(0, len(poses) - 1, count, dtype=poses.dtype, device=poses.device)
    before = place.floor().long().clamp(max=max(len(poses) - 2, 0))
    after = (before + 1).clamp(max=len(poses) - 1)
    share = (place - before)[:, None]
    turns = matrix_to_quaternion(poses[:, :3, :3])
    first, second = turns[before], turns[after]
    second = torch.where((first * second).sum(-1, keepdim=True) < 0, -second, second)  # the shorter way round
    path = torch.eye(4, dtype=poses.dtype, device=poses.device).repeat(count, 1, 1)
    path[:, :3, :3] = quaternion_to_matrix(torch.lerp(first, second, share))
    path[:, :3, 3] = torch.lerp(poses[before, :3, 3], poses[after, :3, 3], share)
    return path
