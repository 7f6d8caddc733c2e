"""Labels of pixels against those of the truth, over all views of a scene together: counts for mIoU and panoptic quality.

Maps of classes hold -1 where nothing is known or said.
"""

from collections.abc import Collection

import numpy as np

from uniseg3d.evaluation.functional.panoptic import MATCH, PanopticCounts
from uniseg3d.utils.errors import DataError

VOID = -1
MOSTLY = 0.5  # share of a segment on void above which nothing is asked of it


def label_confusion(predicted: np.ndarray, truth: np.ndarray, classes: int) -> np.ndarray:
    """Pixels by (true class, predicted class), void last in both: [C + 1, C + 1] int64; maps of one shape."""
    _check(predicted, truth, classes)
    true, said = (np.where(labels == VOID, classes, labels).astype(np.int64).reshape(-1) for labels in (truth, predicted))
    return np.bincount(true * (classes + 1) + said, minlength=(classes + 1) ** 2).reshape(classes + 1, classes + 1)


def class_ious(confusion: np.ndarray) -> np.ndarray:
    """IoU [C] of each class over pixels whose truth is known; ``nan`` for classes that occur in neither."""
    return _ious(np.concatenate([confusion[:-1], np.zeros_like(confusion[-1:])]))


def class_ious_original(confusion: np.ndarray) -> np.ndarray:
    """IoU [C] as SIU3R counts it: what is said where nothing is known counts as wrong, and absent classes have 0."""
    return np.nan_to_num(_ious(confusion))


def _ious(confusion: np.ndarray) -> np.ndarray:
    hits = confusion.diagonal()[:-1].astype(np.float64)
    union = confusion.sum(0)[:-1] + confusion.sum(1)[:-1] - hits
    return np.where(union > 0, hits / union.clip(min=1), np.nan)


def panoptic_counts_original(
    predicted: np.ndarray,
    predicted_segment: np.ndarray,
    truth: np.ndarray,
    true_segment: np.ndarray,
    classes: int,
    stuff: Collection[int],
) -> PanopticCounts:
    """Match segments of one scene by the rule of torchmetrics, and so of SIU3R; ``view_panoptic.py`` has the standard one.

    Segments are pixels of one class and one number, of ``stuff`` all pixels of a class. Pixels that are void on the other
    side do not count against a segment, and one that lies mostly there is neither wrong nor missed: who says nothing about
    an object does not miss it.
    """
    _check(predicted, truth, classes)
    said = _Segments(predicted, predicted_segment, stuff)
    real = _Segments(truth, true_segment, stuff)
    shared = np.zeros((len(said.label) + 1, len(real.label) + 1), np.int64)  # void last
    np.add.at(shared, (said.number, real.number), 1)
    size, true_size = shared[:-1].sum(1), shared[:, :-1].sum(0)
    inside = shared[:-1, :-1] * (said.label[:, None] == real.label)
    union = (size - shared[:-1, -1])[:, None] + (true_size - shared[-1, :-1]) - inside
    row, column = np.nonzero(inside > MATCH * union)
    wrong = shared[:-1, -1] <= MOSTLY * size
    missed = shared[-1, :-1] <= MOSTLY * true_size
    wrong[row], missed[column] = False, False
    label = said.label[row]
    return PanopticCounts(
        tp=np.bincount(label, minlength=classes),
        fp=np.bincount(said.label[wrong], minlength=classes),
        fn=np.bincount(real.label[missed], minlength=classes),
        iou=np.bincount(label, inside[row, column] / union[row, column], classes),
    )


class _Segments:
    """Segments of a scene: the class of each, and the number of the segment of each pixel; pixels without one come last."""

    def __init__(self, label: np.ndarray, segment: np.ndarray, stuff: Collection[int]) -> None:
        label, segment = label.reshape(-1).astype(np.int64), segment.reshape(-1).astype(np.int64)
        segment = np.where(np.isin(label, list(stuff)), 0, segment)
        known = label != VOID
        pairs, number = np.unique(np.stack([label[known], segment[known]], 1), axis=0, return_inverse=True)
        self.label = pairs[:, 0]  # [S]
        self.number = np.full(len(label), len(pairs))  # [pixels]
        self.number[known] = number.reshape(-1)


def _check(predicted: np.ndarray, truth: np.ndarray, classes: int) -> None:
    if predicted.shape != truth.shape:
        raise DataError(f'predicted labels {list(predicted.shape)} and true ones {list(truth.shape)} differ in shape')
    for name, labels in (('predicted', predicted), ('true', truth)):
        if labels.size and not VOID <= labels.min() <= labels.max() < classes:
            low, high = labels.min(), labels.max()
            raise DataError(f'{name} labels hold classes {low} to {high}; expected 0 to {classes - 1}, or -1 for void')
