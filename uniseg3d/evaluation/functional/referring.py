"""Scores of masks that were asked for by sentences, and what guessing would score."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from uniseg3d.evaluation.functional.overlap import all_iou

LEVELS = (0.5, 0.25)


@dataclass(frozen=True, eq=False)
class Guess:
    """Expected scores of who knows the class of the meant object and perfect masks, and picks one of that class at random."""

    rivals: np.ndarray  # [T] int64, objects of the class in the scene, the meant one included
    iou: np.ndarray  # [T] float64
    hits: np.ndarray  # [T, levels] float64, chance that the IoU exceeds each of LEVELS


def guess_by_class(
    text_masks: np.ndarray, text_labels: np.ndarray, masks: np.ndarray, labels: np.ndarray, sizes: np.ndarray
) -> Guess:
    """Mean over the objects of each sentence's class.

    ``text_masks`` [T, M] and ``masks`` [n, M] of the meant and of all objects, with their classes; ``sizes`` [M] points.
    """
    same = text_labels[:, None] == labels  # [T, n]
    rivals = same.sum(1)
    share = same / rivals.clip(min=1)[:, None]
    iou = all_iou(text_masks, masks, sizes)
    hits = [(share * (iou > level)).sum(1) for level in LEVELS]
    return Guess(rivals, (share * iou).sum(1), np.stack(hits, axis=1))


def referring_f1(iou: np.ndarray, level: float) -> float:
    """F1 of one sentence that may mean several objects or none (Multi3DRefer), from the table ``iou`` [predicted, meant].

    Pairs are chosen so that their IoU is largest in total and count from ``level`` on. Saying nothing is right where
    nothing is meant.
    """
    if not sum(iou.shape):
        return 1.0
    rows, columns = linear_sum_assignment(iou, maximize=True)
    return 2 * int((iou[rows, columns] >= level).sum()) / sum(iou.shape)


def separate_parts(mask: np.ndarray, things: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Objects that a mask [M] answers with: its share of each thing that lies mostly inside it, bool [p, M].

    ``things`` [M]: number of the found thing that each superpoint belongs to, -1 = none; ``sizes`` [M] points. A mask that
    holds most of no thing is one object; an empty one is none.
    """
    count = int(things.max(initial=-1)) + 1
    inside, whole = (np.bincount(things[rows], sizes[rows], count) for rows in (mask & (things >= 0), things >= 0))
    held = np.flatnonzero(2 * inside > whole)
    parts = mask & (things == held[:, None])  # [p, M]
    return parts if len(parts) else mask[None][: int(mask.any())]


def chosen_object(masks: np.ndarray, objects: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Object that each mask [T, M] overlaps most among ``objects`` [n, M]: [T] int64, -1 where it overlaps none."""
    iou = all_iou(masks, objects, sizes)
    best = iou.argmax(1) if len(objects) else np.zeros(len(masks), dtype=np.int64)
    return np.where(iou.max(1, initial=0) > 0, best, -1)
