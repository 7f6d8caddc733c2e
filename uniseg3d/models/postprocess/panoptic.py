"""Merging instance masks and a stuff map into one panoptic map, at superpoint level."""

import torch
from torch import Tensor

from uniseg3d.structures import PanopticMap


def merge_panoptic(
    masks: Tensor,  # [n, M] bool
    scores: Tensor,  # [n]
    classes: Tensor,  # [n] int64, semantic class of each mask
    sizes: Tensor,  # [M] int64, points per superpoint
    stuff: Tensor,  # [M] int64, the class where no mask lies; also the segment id there
    first_segment: int,  # id of the first thing segment
    min_points: int = 100,
) -> PanopticMap:
    """Where masks overlap, the best score wins. A mask that is left with ``min_points`` points or fewer gives way to stuff.

    Segment ids of things grow with the score; those of masks that gave way are not used.
    """
    if len(scores) == 0:
        return PanopticMap(stuff, stuff.clone())
    order = scores.argsort(stable=True)
    rank = torch.arange(1, len(order) + 1, device=masks.device)
    winner = torch.where(masks[order], rank[:, None], 0).amax(0)  # [M], 0 = none
    points = sizes.new_zeros(len(order) + 1).index_add_(0, winner, sizes)
    covered = (winner > 0) & (points > min_points)[winner]
    ids = (winner - 1).clamp(min=0)
    return PanopticMap(
        torch.where(covered, classes[order][ids], stuff),
        torch.where(covered, ids + first_segment, stuff),
    )


def stuff_map(classes: Tensor, num_stuff: int) -> Tensor:
    """The likelier of the first ``num_stuff`` classes for scores [M, C]: [M]; -1 = void where no class is stuff."""
    if num_stuff == 0:
        return torch.full_like(classes[:, 0], -1, dtype=torch.long)
    return classes[:, :num_stuff].argmax(1)
