"""How far stated camera poses are from the true ones."""

import torch
from torch import Tensor


def pose_distance(stated: Tensor, true: Tensor, stated_scale: Tensor, true_scale: Tensor, least_scale: float) -> Tensor:
    """Mean distance of translations, in units of the scales, plus mean distance of quaternions, over views and sequences.

    Poses are [B, V, 7]: translation, unit quaternion (w, x, y, z). A sequence whose scale [B, ...] does not exceed
    ``least_scale`` has no points that would say how long a metre is; it is left out, and zero stands for a batch of such.
    """
    stated_scale, true_scale = stated_scale.reshape(-1, 1, 1), true_scale.reshape(-1, 1, 1)
    known = ((stated_scale > least_scale) & (true_scale > least_scale))[:, 0].expand(stated.shape[:2])  # [B, V]
    shift = (stated[..., :3] / stated_scale - true[..., :3] / true_scale).norm(dim=-1)  # [B, V]
    turn = (stated[..., 3:] - true[..., 3:]).norm(dim=-1)
    return torch.where(known, shift + turn, 0.0).sum() / known.sum().clamp(min=1)
