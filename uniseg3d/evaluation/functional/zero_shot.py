"""Scores by the definition of OpenScene and of what followed it."""

import torch
from torch import Tensor

from uniseg3d.evaluation.functional.semantic import SemanticScores


def openscene_scores(confusion: Tensor) -> SemanticScores:
    """Scores of a confusion matrix [C + 1, C + 1] by (true class, predicted class), the last one being void.

    Points that were predicted void count in no IoU, but they do count in the recall of their class. Means are over all C
    classes, those that occur nowhere in the truth counting as zero. ``nan`` per class where it does not occur.
    """
    counts = confusion.double()[:-1]
    truth, named = counts.sum(1), counts[:, :-1]
    hits = named.diag()
    iou = hits / (named.sum(1) + named.sum(0) - hits)
    iou = torch.where(truth > 0, iou, torch.nan)
    recall = hits / truth
    acc = hits.sum() / truth.sum()
    return SemanticScores(iou, recall, iou.nan_to_num().mean().item(), acc.item(), recall.nan_to_num().mean().item())
