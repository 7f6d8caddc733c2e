"""Semantic maps from queries that were made from superpoints."""

import torch
from torch import Tensor

from uniseg3d.models.postprocess.answers import class_logits
from uniseg3d.structures import MaskOutput


def superpoint_classes(output: MaskOutput, superpoint: Tensor, count: int) -> Tensor:
    """Scores of the classes for each of ``count`` superpoints, to be compared within a row: [M, C].

    ``superpoint`` [Q] tells which superpoint each query was made from (-1: none): its logits are that superpoint's scores.
    A superpoint that no query was made from lets all queries vote for their classes as far as their masks cover it.
    """
    logits = class_logits(output)
    own = superpoint >= 0
    asked = torch.zeros(count, dtype=torch.bool, device=logits.device)
    asked[superpoint[own]] = True
    scores = logits.new_empty(count, logits.shape[1])
    if not asked.all():
        scores[:] = output.masks.float().sigmoid().T @ logits.softmax(1)
    scores[superpoint[own]] = logits[own]
    return scores
