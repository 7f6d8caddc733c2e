"""Poses and depths that follow from what a network says about the pixels of one sequence."""

import torch
from torch import Tensor

from uniseg3d.geometry.depth import pointmap_to_depth
from uniseg3d.geometry.focal import focal_weiszfeld
from uniseg3d.geometry.pnp import estimate_pose
from uniseg3d.geometry.pose_encoding import decode_pose
from uniseg3d.structures.pointmaps import Pointmaps


def stated_poses(answer: Pointmaps) -> Tensor:
    """Camera-to-world [V, 4, 4] float64 of the first sequence; the world is the first camera.

    A network that states no poses has them in its points: the first view tells the focal length, with which the place follows
    from which a view's points are seen at its pixels. A view without such a place stays where the first one is.
    """
    if answer.poses is not None:
        return decode_pose(answer.poses[0].double())
    points = answer.world[0].double()  # [V, H, W, 3]
    focal = float(focal_weiszfeld(points[0]))
    poses = torch.eye(4, dtype=torch.float64, device=points.device).repeat(len(points), 1, 1)
    for view in range(1, len(points)):
        fit = estimate_pose(points[view], focal)
        if fit is not None:
            poses[view] = fit.pose
    return poses


def stated_depth(answer: Pointmaps, poses: Tensor | None = None) -> Tensor:
    """Depth [V, H, W] of the first sequence: of its own maps, else of the points in the world seen from ``poses``."""
    if answer.local is not None:
        return answer.local[0, ..., 2]
    return pointmap_to_depth(answer.world[0].double(), stated_poses(answer) if poses is None else poses).float()
