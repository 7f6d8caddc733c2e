"""Panoptic quality over the views of a scene. ``docs/view_panoptic.md`` states the protocols."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from uniseg3d.evaluation.functional.panoptic import MATCH, PanopticCounts, panoptic_counts
from uniseg3d.evaluation.functional.scene_truth import SceneTruth

RARE = 0.005  # share of the pixels below which Panoptic Lifting leaves a class out


@dataclass(frozen=True, eq=False)
class PixelLabels:
    """Class (C = void) and segment of N pixels or pieces of surface, as predicted and as they are; all [N] int64."""

    semantic: np.ndarray
    segment: np.ndarray
    true_semantic: np.ndarray
    true_instance: np.ndarray

    def __len__(self) -> int:
        return len(self.semantic)

    def at(self, rows: np.ndarray) -> 'PixelLabels':
        """Some of them."""
        return PixelLabels(self.semantic[rows], self.segment[rows], self.true_semantic[rows], self.true_instance[rows])


def pixel_counts(labels: PixelLabels, classes: int, stuff: Collection[int]) -> PanopticCounts:
    """Segments of prediction and truth that are the same; pixels whose truth is void count nowhere.

    All pixels of a class of ``stuff`` are one segment.
    """
    known = labels.at(labels.true_semantic < classes)
    if not len(known):
        return PanopticCounts(*(np.zeros(classes, kind) for kind in (np.int64, np.int64, np.int64, np.float64)))
    is_stuff = np.isin(np.arange(classes + 1), list(stuff))
    segment = np.where(is_stuff[known.semantic], 0, known.segment)
    instance = np.where(is_stuff[known.true_semantic] | (known.true_instance <= 0), -1, known.true_instance)
    keys, group = np.unique(np.stack([known.semantic, segment]), axis=1, return_inverse=True)
    truth = SceneTruth.count(group.reshape(-1), known.true_semantic, instance)
    return panoptic_counts(keys[0], keys[1], truth, classes, stuff)


def surface_pieces(labels: PixelLabels, points: np.ndarray, size: float) -> PixelLabels:
    """Pixels that show ``points`` [N, 3] as pieces of surface of ``size`` metres: each is what most of its pixels are."""
    _, piece = np.unique(np.floor(points / size).astype(np.int64), axis=0, return_inverse=True)
    piece = piece.reshape(-1)
    predicted = _majority(piece, labels.semantic, labels.segment)
    true = _majority(piece, labels.true_semantic, labels.true_instance)
    return PixelLabels(*predicted, *true)


def _majority(piece: np.ndarray, semantic: np.ndarray, segment: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Most frequent pair of labels of each piece, the smallest of equally frequent ones."""
    keys, number = np.unique(np.stack([semantic, segment]), axis=1, return_inverse=True)
    count = keys.shape[1]
    cells, votes = np.unique(piece * count + number.reshape(-1), return_counts=True)
    order = np.lexsort((cells, -votes, cells // count))  # by piece, then most votes first
    first = np.unique(cells[order] // count, return_index=True)[1]
    best = cells[order][first] % count
    return keys[0, best], keys[1, best]


def lifting_quality(labels: PixelLabels, classes: int, stuff: Collection[int], either: bool = False) -> np.ndarray:
    """Quality [C] of one scene after Panoptic Lifting, nan for classes that are left out of it.

    Left out, and void on both sides, are classes that cover less than ``RARE`` of the known pixels in prediction and truth;
    with ``either`` also those that do so in one of them, as in the published program. Void areas count in no union, and a
    segment of which more than half is void on the other side is no mistake.
    """
    known = labels.at(labels.true_semantic < classes)
    if not len(known):
        return np.full(classes, np.nan)
    shares = [np.bincount(side, minlength=classes + 1)[:classes] / len(known) for side in (known.semantic, known.true_semantic)]
    common = (np.minimum if either else np.maximum)(*shares) >= RARE
    void = np.append(~common, True)
    table = _OverlapTable.of(known, void, classes, stuff)
    return np.where(common, table.quality(classes), np.nan)


@dataclass(frozen=True, eq=False)
class _OverlapTable:
    """Pixels of P predicted and T true segments; the class of void is C."""

    predicted: np.ndarray  # [P] class
    true: np.ndarray  # [T] class
    shared: np.ndarray  # [P, T]
    void: int

    @classmethod
    def of(cls, labels: PixelLabels, void: np.ndarray, classes: int, stuff: Collection[int]) -> '_OverlapTable':
        predicted, row = _segments(labels.semantic, labels.segment, void, classes, stuff)
        true, column = _segments(labels.true_semantic, labels.true_instance, void, classes, stuff)
        shared = np.bincount(row * len(true) + column, minlength=len(predicted) * len(true))
        return cls(predicted, true, shared.reshape(len(predicted), len(true)), classes)

    def quality(self, classes: int) -> np.ndarray:
        """[C], 0 where there are no segments."""
        real_row, real_column = self.predicted < self.void, self.true < self.void
        rows, columns = self.shared.sum(1), self.shared.sum(0)
        row_void, column_void = self.shared[:, ~real_column].sum(1), self.shared[~real_row].sum(0)
        union = (rows - row_void)[:, None] + columns - column_void - self.shared
        same = (self.predicted[:, None] == self.true) & real_row[:, None]
        iou = np.where(same, self.shared / union.clip(min=1), 0)
        matched = iou > MATCH
        false = real_row & ~matched.any(1) & (row_void <= rows / 2)
        missed = real_column & ~matched.any(0) & (column_void <= columns / 2)
        place = np.nonzero(matched)
        hits = self.predicted[place[0]]
        total = np.bincount(hits, minlength=classes) + np.bincount(self.predicted[false], minlength=classes) / 2
        total = total + np.bincount(self.true[missed], minlength=classes) / 2
        return np.bincount(hits, iou[place], classes) / total.clip(min=0.5)


def _segments(
    semantic: np.ndarray, segment: np.ndarray, void: np.ndarray, classes: int, stuff: Collection[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Classes of the segments, and the segment of every pixel; stuff is one segment per class, and all void is one."""
    semantic = np.where(void[semantic], classes, semantic)
    whole = np.isin(np.arange(classes + 1), [*stuff, classes])
    keys, number = np.unique(np.stack([semantic, np.where(whole[semantic], 0, segment)]), axis=1, return_inverse=True)
    return keys[0], number.reshape(-1)
