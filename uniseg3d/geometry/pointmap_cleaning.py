"""Distrust points that stand in front of what another view sees there."""

from collections.abc import Sequence

import torch
from torch import Tensor

from uniseg3d.geometry.cameras import project
from uniseg3d.geometry.se3 import apply_pose, invert_pose

TOLERANCE = 1e-3  # share of the depth


@torch.no_grad()
def clean_confidence(
    points: Sequence[Tensor],  # N x [H, W, 3] world
    depths: Sequence[Tensor],  # N x [H, W]
    confidences: Sequence[Tensor],  # N x [H, W]
    poses: Tensor,  # [N, 4, 4] camera-to-world
    intrinsics: Tensor,  # [N, 3, 3]
) -> list[Tensor]:
    """Confidences [H, W], zero for points that would hide what another view is surer of. Views are judged in their order."""
    cleaned = [confidence.clone() for confidence in confidences]
    for judged, its_points in enumerate(points):
        for other, depth in enumerate(depths):
            if judged != other:
                hides = _hides(its_points, cleaned[judged], depth, cleaned[other], poses[other], intrinsics[other])
                cleaned[judged][hides] = cleaned[judged][hides].clamp(max=0)
    return cleaned


def _hides(points: Tensor, confidence: Tensor, depth: Tensor, its_confidence: Tensor, pose: Tensor, matrix: Tensor) -> Tensor:
    """Which of ``points`` [H, W, 3] stand before the surface of a view that is surer of it: bool [H, W]."""
    pixels, distance = project(apply_pose(invert_pose(pose), points), matrix)  # [H, W, 2], [H, W]
    column, row = pixels.nan_to_num(-1, -1, -1).round().clamp(-1, max(depth.shape)).long().unbind(-1)
    inside = (distance > 0) & (column >= 0) & (row >= 0) & (column < depth.shape[1]) & (row < depth.shape[0])
    row, column = row.clamp(0, depth.shape[0] - 1), column.clamp(0, depth.shape[1] - 1)
    return inside & (distance < (1 - TOLERANCE) * depth[row, column]) & (confidence < its_confidence[row, column])
