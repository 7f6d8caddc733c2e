"""Semantic segmentation scores from a confusion matrix over the points of a data set."""

from dataclasses import dataclass

import torch
from torch import Tensor

from uniseg3d.utils.errors import DataError


@dataclass
class SemanticScores:
    """Fractions 0..1; ``nan`` for classes that occur nowhere."""

    iou: Tensor  # [C] float64
    recall: Tensor  # [C] float64
    miou: float  # mean of ``iou`` over the classes that occur in truth or prediction
    acc: float  # share of points with the right class
    acc_cls: float  # mean of ``recall`` over the classes that occur in truth


def semantic_confusion(predicted: Tensor, truth: Tensor, classes: int, weights: Tensor | None = None) -> Tensor:
    """Count points by (true class, predicted class): [C + 1, C + 1] int64.

    ``predicted`` and ``truth`` [N] hold 0..C, where C is void; ``weights`` [N]: how many points each of them stands for.
    Points whose truth is void are left out, so the last row is zero; predicting void on a labelled point counts as a miss,
    in the last column.
    """
    if len(predicted) != len(truth):
        raise DataError(f'semantic prediction covers {len(predicted)} points, expected the {len(truth)} of the ground truth')
    for name, labels in (('prediction', predicted), ('ground truth', truth)):
        if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) <= classes:
            low, high = int(labels.min()), int(labels.max())
            raise DataError(f'semantic {name} holds classes {low}..{high}, expected 0..{classes} ({classes} = void)')
    labelled = truth != classes
    pairs = truth[labelled] * (classes + 1) + predicted[labelled]
    weights = None if weights is None else weights[labelled].double()
    counts = torch.bincount(pairs, weights, minlength=(classes + 1) ** 2).long()
    return counts.reshape(classes + 1, classes + 1)


def semantic_scores(confusion: Tensor) -> SemanticScores:
    """Scores of a confusion matrix [C + 1, C + 1] summed over the data set."""
    counts = confusion.double()
    hits, truth, predicted = counts.diag()[:-1], counts.sum(1)[:-1], counts.sum(0)[:-1]
    iou = hits / (truth + predicted - hits)  # 0 / 0 = nan where a class occurs nowhere
    recall = hits / truth
    acc = hits.sum() / truth.sum()
    return SemanticScores(iou, recall, iou.nanmean().item(), acc.item(), recall.nanmean().item())
