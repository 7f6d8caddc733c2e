"""Instances from the scene queries: candidates are ranked once, then kept or dropped by thresholds."""

from dataclasses import dataclass

import torch
from torch import Tensor

from uniseg3d.models.postprocess.answers import class_probabilities, predicted_ious
from uniseg3d.models.postprocess.mask_quality import mask_quality
from uniseg3d.models.postprocess.matrix_nms import matrix_nms
from uniseg3d.structures import MaskOutput, MaskSet


@dataclass(frozen=True)
class Candidates:
    """k pairs of a query and a class in decreasing score."""

    masks: Tensor  # [k, M] float 0..1
    scores: Tensor  # [k]
    labels: Tensor  # [k] int64 thing class


def rank_candidates(output: MaskOutput, topk: int = 600, nms: str = 'linear', use_ious: bool = False) -> Candidates:
    """The ``topk`` likeliest pairs of a query and a class (all, if there are fewer), scored with the quality of their masks.

    ``use_ious`` multiplies the class probabilities by the predicted IoU.
    """
    scores = class_probabilities(output)  # [Q, things]
    if use_ious:
        scores = scores * predicted_ious(output)[:, None]
    best, pair = scores.flatten().topk(min(topk, scores.numel()))
    query, label = pair // scores.shape[1], pair % scores.shape[1]
    soft = output.masks.float().sigmoid()
    decayed, order = matrix_nms(soft[query], best * mask_quality(output.masks)[query], label, nms)
    return Candidates(soft[query[order]], decayed, label[order])


def keep_instances(
    candidates: Candidates,
    sizes: Tensor,  # [M] int64, points per superpoint
    score_threshold: float = 0.0,
    mask_threshold: float = 0.4,
    min_points: int = 100,
) -> MaskSet:
    """Candidates that score above the threshold and cover more than ``min_points`` points, in decreasing score."""
    masks = candidates.masks > mask_threshold
    kept = (candidates.scores > score_threshold) & (count_points(masks, sizes) > min_points)
    return MaskSet(masks[kept], candidates.scores[kept], candidates.labels[kept])


def count_points(masks: Tensor, sizes: Tensor) -> Tensor:
    """Points [n] under masks [n, M] of superpoints with ``sizes`` [M]; exact on every device."""
    return torch.where(masks, sizes, 0).sum(1)
