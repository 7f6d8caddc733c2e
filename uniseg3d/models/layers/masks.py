"""What follows from the masks of queries: what each sees next, and the mean feature inside."""

import torch
from torch import Tensor


def outside(masks: Tensor) -> Tensor:
    """What queries with mask logits [Q, M] may not see next, bool [Q, M]: all outside their masks.

    A query whose mask is empty sees everything. No gradient passes.
    """
    masks = masks.detach()
    empty = masks.amax(-1, keepdim=True) < 0
    return masks < torch.where(empty, float('-inf'), 0.0)  # 0: the probability is below one half


def mean_inside(masks: Tensor, features: Tensor) -> Tensor:
    """Mean of ``features`` [M, D] where mask logits [Q, M] are positive: [Q, D]; zero for an empty mask."""
    inside = (masks.detach() > 0).to(features.dtype)  # [Q, M]
    count = inside.sum(1, keepdim=True, dtype=torch.float32).clamp(min=1)  # half precision cannot count to a thousand
    return (inside @ features / count).to(features.dtype)
