"""Losses of mask logits, row by row; their means are taken where the rows' meaning is known."""

import torch.nn.functional as F
from torch import Tensor


def entropy_rows(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean binary cross entropy of each row: ``logits`` and float ``targets`` [R, M] to [R]."""
    return F.binary_cross_entropy_with_logits(logits, targets, reduction='none').mean(1)


def dice_rows(logits: Tensor, targets: Tensor) -> Tensor:
    """One minus the smoothed dice overlap of each row: ``logits`` and float ``targets`` [R, M] to [R]."""
    inside = logits.sigmoid()
    return 1 - (2 * (inside * targets).sum(1) + 1) / (inside.sum(1) + targets.sum(1) + 1)


def iou_rows(logits: Tensor, targets: Tensor) -> Tensor:
    """Intersection over union of the binarised logits with ``targets`` of 0 and 1, [R, M] to [R], without gradient."""
    chosen = (logits.detach() >= 0).to(targets.dtype)
    shared = (chosen * targets).sum(1)
    return shared / (chosen.sum(1) + targets.sum(1) - shared + 1e-6)


def probability_entropy(logits: Tensor, teacher: Tensor, saturating: bool = False) -> Tensor:
    """Mean cross entropy of probabilities with those of the ``teacher`` logits, which get no gradient: any shape to [].

    ``saturating`` goes through rounded probabilities, where the logarithm ends at -100 and sure mistakes get no gradient.
    """
    goal = teacher.detach().sigmoid()
    if saturating:
        return F.binary_cross_entropy(logits.sigmoid(), goal)
    return F.binary_cross_entropy_with_logits(logits, goal)
