"""Semantic maps from queries that were made from superpoints."""

import torch
from torch import Tensor

from uniseg3d.models.postprocess.answers import class_logits
from uniseg3d.structures import MaskOutput


def superpoint_classes(output: MaskOutput, superpoint: Tensor, count: int, votes: bool = False) -> Tensor:
    """Scores of the classes for each of ``count`` superpoints, to be compared within a row: [M, C].

    ``superpoint`` [Q] tells which superpoint each query was made from (-1: none): its logits are that superpoint's scores.
    A superpoint that no query was made from lets all queries vote for their classes as far as their masks cover it; with
    ``votes`` the others hear these voices, too, as much as their own.
    """
    logits = class_logits(output)
    own = superpoint >= 0
    asked = superpoint[own]
    everywhere = torch.zeros(count, dtype=torch.bool, device=logits.device).index_fill(0, asked, True).all()
    if everywhere and not votes:
        return logits.new_empty(count, logits.shape[1]).index_copy(0, asked, logits[own])
    masks = output.masks.float().sigmoid()  # [Q, M]
    scores = masks.T @ logits.softmax(1)
    if not votes:
        return scores.index_copy(0, asked, logits[own])
    scores = scores / masks.sum(0)[:, None].clamp(min=1e-6)
    return scores.index_add(0, asked, logits[own].softmax(1))
