"""What it costs a query to answer for an object: the numbers that a matcher compares."""

import torch.nn.functional as F
from torch import Tensor


def mask_costs(logits: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
    """Cross entropy and dice cost of every row of ``logits`` [Q, M] for every row of ``masks`` [n, M] of 0 and 1: two [Q, n].

    The cross entropy of a pair is mean(softplus(x) - x t), so the pairs meet in one matrix product.
    """
    targets = masks.to(logits.dtype).T  # [M, n]
    inside = logits.sigmoid()
    entropy = (F.softplus(logits).sum(1, keepdim=True) - logits @ targets) / logits.shape[1]
    dice = 1 - (2 * (inside @ targets) + 1) / (inside.sum(1, keepdim=True) + targets.sum(0) + 1)
    return entropy, dice


def class_costs(logits: Tensor, labels: Tensor) -> Tensor:
    """Minus the probability that each query gives each label: ``logits`` [Q, C], ``labels`` [n] to [Q, n]."""
    return -logits.softmax(-1)[:, labels]
