"""How sure a query is of its mask."""

from torch import Tensor


def mask_quality(masks: Tensor) -> Tensor:
    """Mean probability of the superpoints inside each mask, logits [Q, M] to [Q]; zero for an empty mask."""
    logits = masks.float()
    inside = logits > 0
    return (logits.sigmoid() * inside).sum(1) / (inside.sum(1) + 1e-6)
