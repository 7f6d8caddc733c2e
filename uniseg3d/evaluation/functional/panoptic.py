"""Panoptic quality: segments of prediction and truth that overlap by more than half are the same."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from uniseg3d.evaluation.functional.scene_truth import SceneTruth

MATCH = 0.5  # IoU above which at most one partner is possible


@dataclass(frozen=True, eq=False)
class PanopticCounts:
    """Matched, wrong and missed segments of each class, and the summed IoU of the matched ones."""

    tp: np.ndarray  # [C] int64
    fp: np.ndarray  # [C] int64
    fn: np.ndarray  # [C] int64
    iou: np.ndarray  # [C] float64

    @classmethod
    def total(cls, counts: Iterable['PanopticCounts']) -> 'PanopticCounts':
        """Sum over scenes, at least one."""
        tp, fp, fn, iou = zip(*((c.tp, c.fp, c.fn, c.iou) for c in counts), strict=True)
        return cls(np.sum(tp, axis=0), np.sum(fp, axis=0), np.sum(fn, axis=0), np.sum(iou, axis=0))


@dataclass(frozen=True, eq=False)
class PanopticScores:
    """Quality of each class; 0 for a class that occurs neither in truth nor in prediction."""

    pq: np.ndarray  # [C] float64, sq * rq
    sq: np.ndarray  # [C] float64, how well matched segments overlap
    rq: np.ndarray  # [C] float64, F1 of the segments
    present: np.ndarray  # [C] bool


def panoptic_counts(
    semantic: np.ndarray, segment: np.ndarray, truth: SceneTruth, classes: int, stuff: Iterable[int]
) -> PanopticCounts:
    """Compare a panoptic map with the truth of its scene.

    ``semantic`` and ``segment`` [M]: class and segment id of each superpoint; superpoints of one class and one id are a
    segment. Points whose truth is void count nowhere. A true segment is an instance of a thing, or all points of a class
    of ``stuff``; points of things that belong to no instance are only areas that a prediction should not cover.
    """
    keys, group = np.unique(np.stack([semantic, segment]), axis=1, return_inverse=True)
    predicted_class = keys[0]  # [P]
    shared = _shared_points(group.reshape(-1), len(predicted_class), truth, classes)  # [P, S]
    size = shared.sum(1)  # [P]
    real = (truth.semantic < classes) & ((truth.instance >= 0) | np.isin(truth.semantic, list(stuff)))  # [S]
    own = np.where(real & (predicted_class[:, None] == truth.semantic), shared, 0)
    iou = own / (size[:, None] + truth.segment_sizes - own).clip(min=1)
    row, column = np.nonzero(iou > MATCH)
    tp = np.bincount(predicted_class[row], minlength=classes)
    claimed = predicted_class[(size > 0) & (predicted_class >= 0) & (predicted_class < classes)]  # the rest is void
    return PanopticCounts(
        tp=tp,
        fp=np.bincount(claimed, minlength=classes) - tp,
        fn=np.bincount(truth.semantic[real], minlength=classes) - tp,
        iou=np.bincount(predicted_class[row], iou[row, column], classes),
    )


def _shared_points(group: np.ndarray, groups: int, truth: SceneTruth, classes: int) -> np.ndarray:
    """Points of each group of superpoints in each true segment, those of void left out: [groups, S]."""
    segments = len(truth.semantic)
    weights = np.where(truth.semantic[truth.segment] < classes, truth.points, 0)
    cell = group[truth.superpoint] * segments + truth.segment
    return np.bincount(cell, weights, groups * segments).reshape(groups, segments)


def panoptic_scores(counts: PanopticCounts) -> PanopticScores:
    """Qualities from counts summed over the data set."""
    sq = counts.iou / counts.tp.clip(min=1)
    rq = counts.tp / (counts.tp + counts.fp / 2 + counts.fn / 2).clip(min=1e-15)
    return PanopticScores(sq * rq, sq, rq, counts.tp + counts.fp + counts.fn > 0)
