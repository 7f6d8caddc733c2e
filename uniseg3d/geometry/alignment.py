"""The similarity or rigid motion that carries one set of points onto another, in closed form (Umeyama, weighted)."""

import torch
from torch import Tensor

from uniseg3d.geometry.se3 import Similarity, nearest_rotation, pose_matrix
from uniseg3d.utils.errors import DataError


def register_points(
    source: Tensor,  # [..., N, 3]
    target: Tensor,  # [..., N, 3]
    weights: Tensor | None = None,  # [..., N], not negative; all equal if not given
    with_scale: bool = True,
) -> Similarity:
    """Minimise Σ w ‖s R x + t - y‖² over rotation, translation and, if asked, scale; each leading entry by itself.

    Points on a line leave the turn about it open, and fewer than two distinct points the whole rotation: see
    :func:`is_degenerate`.
    """
    if source.shape != target.shape or source.shape[-1] != 3:
        raise DataError(f'cannot register points {list(source.shape)} to {list(target.shape)}; expected twice [..., N, 3]')
    share = _shares(source, weights)  # [..., N, 1]
    source_mean, target_mean = (share * source).sum(-2), (share * target).sum(-2)  # [..., 3]
    centred = source - source_mean[..., None, :]
    covariance = ((target - target_mean[..., None, :]) * share).mT @ centred  # [..., 3, 3]
    rotation = nearest_rotation(covariance)
    scale = torch.ones_like(source_mean[..., 0])
    if with_scale:
        scale = (rotation * covariance).sum((-2, -1)) / (share * centred.square()).sum((-2, -1))
    moved = scale[..., None] * (rotation @ source_mean[..., None])[..., 0]
    return Similarity(scale, rotation, target_mean - moved)


def register_pose(source: Tensor, target: Tensor, weights: Tensor | None = None) -> Tensor:
    """The pose [..., 4, 4] that carries ``source`` onto ``target`` [..., N, 3]: camera-to-world from local to world points."""
    motion = register_points(source, target, weights, with_scale=False)
    return pose_matrix(motion.rotation, motion.translation)


def is_degenerate(source: Tensor, target: Tensor) -> Tensor:
    """Whether points [..., N, 3] leave the rotation open: their covariance has fewer than two directions."""
    first, second = (points - points.mean(-2, keepdim=True) for points in (source, target))
    spread = torch.linalg.svdvals(second.mT @ first / source.shape[-2])  # [..., 3]
    return (spread > torch.finfo(spread.dtype).eps).sum(-1) < 2


def _shares(points: Tensor, weights: Tensor | None) -> Tensor:
    """Weights [..., N, 1] that add up to one."""
    if weights is None:
        return torch.full_like(points[..., :1], 1 / points.shape[-2]) if points.shape[-2] else points[..., :1]
    total = weights.sum(-1, keepdim=True)
    if not (total > 0).all():
        raise DataError('cannot register points whose weights are all zero; lower the confidence that is asked for')
    return (weights / total)[..., None].to(points.dtype)
