"""Average precision of scored masks by the rules of ScanNet's benchmark."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from uniseg3d.evaluation.functional.curves import curve
from uniseg3d.evaluation.functional.scene_truth import SceneTruth
from uniseg3d.utils.errors import DataError

LEVELS = np.append(np.arange(0.5, 0.95, 0.05), 0.25)  # nine that are averaged, and one by itself
Entries = list[tuple[np.ndarray, ...]]  # row of the mask, row of LEVELS, found; one triple for each object


@dataclass(frozen=True, eq=False)
class InstanceMatches:
    """What predicted masks are at each IoU level: E entries that found an object or did not, and the objects there are."""

    level: np.ndarray  # [E] int64, row of LEVELS
    label: np.ndarray  # [E] int64
    score: np.ndarray  # [E] float64
    found: np.ndarray  # [E] bool
    objects: np.ndarray  # [C] int64

    @classmethod
    def total(cls, matches: Iterable['InstanceMatches']) -> 'InstanceMatches':
        """Entries of all scenes, at least one."""
        parts = zip(*((m.level, m.label, m.score, m.found) for m in matches), strict=True)
        level, label, score, found = (np.concatenate(part) for part in parts)
        return cls(level, label, score, found, np.sum([m.objects for m in matches], axis=0))


@dataclass(frozen=True, eq=False)
class InstanceScores:
    """Of each class; ``nan`` where the truth has no object, zero where nothing is predicted."""

    ap: np.ndarray  # [levels, C] float64
    recall: np.ndarray  # [levels, C] share of objects that any mask found, whatever its score
    precision_half: np.ndarray  # [C] at IoU 0.5 and the score with the best F1
    recall_half: np.ndarray  # [C] likewise


def match_instances(
    masks: np.ndarray,
    scores: np.ndarray,
    labels: np.ndarray,
    truth: SceneTruth,
    object_class: np.ndarray,
    classes: int,
    min_points: int = 100,
) -> InstanceMatches:
    """Match masks with the objects of their class.

    Args:
        masks: [n, M] bool, in the order in which they may take an object.
        scores: [n].
        labels: [n], 0..classes - 1.
        object_class: class of each segment of ``truth`` [S], -1 = no object: masks on such points are not counted.
        min_points: smaller masks are left out; smaller objects need not be found.
    """
    _check_labels(labels, classes)
    return match_table(truth.inside(masks), scores, labels, truth.segment_sizes, object_class, classes, min_points)


def match_table(
    inside: np.ndarray,
    scores: np.ndarray,
    labels: np.ndarray,
    true_size: np.ndarray,
    object_class: np.ndarray,
    classes: int,
    min_points: int,
) -> InstanceMatches:
    """The same from the points of each segment in each mask, ``inside`` [n, S], and in all, ``true_size`` [S]."""
    keep = np.flatnonzero(inside.sum(1) >= min_points)
    inside, scores, labels = inside[keep], scores[keep].astype(np.float64), labels[keep]
    size = inside.sum(1)  # [n]
    large = (object_class >= 0) & (true_size >= min_points)  # [S]
    same = labels[:, None] == object_class  # [n, S]
    iou = np.where(same & large, inside / (size[:, None] + true_size - inside), 0)
    exempt = (object_class < 0) | (same & ~large)
    ignored = (inside * exempt).sum(1) / size  # [n]
    entries = _match_all(iou, scores)
    # a mask that has no object is wrong unless most of it lies where nothing is asked
    wrong = (iou.max(1)[:, None] <= LEVELS) & (ignored[:, None] <= LEVELS)  # [n, levels]
    entries.append((*np.nonzero(wrong), np.zeros(int(wrong.sum()), dtype=bool)))
    row, level, found = (np.concatenate(part) for part in zip(*entries, strict=True))
    objects = np.bincount(object_class[large], minlength=classes)
    return InstanceMatches(level, labels[row], scores[row], found, objects)


def _check_labels(labels: np.ndarray, classes: int) -> None:
    if len(labels) and not 0 <= labels.min() <= labels.max() < classes:
        raise DataError(
            f'predicted masks have classes {labels.min()}..{labels.max()}, expected 0..{classes - 1}; '
            'give the metric the class list that the model was asked for'
        )


def _match_all(iou: np.ndarray, scores: np.ndarray) -> Entries:
    """Row, level and success of the masks of ``iou`` [n, S] that reach an object, object by object.

    Of several masks on one object the best scored finds it, the others are wrong. The first of them is taken: it cannot
    reach another object, which below an IoU of 0.5 it could.
    """
    taken = np.zeros((len(iou), len(LEVELS)), dtype=bool)
    levels = np.arange(len(LEVELS))
    entries: Entries = []
    for column in np.flatnonzero((iou > LEVELS.min()).any(0)):
        reach = (iou[:, column, None] > LEVELS) & ~taken  # [n, levels]
        taken[reach.argmax(0), levels] |= reach.any(0)
        best = np.where(reach, scores[:, None], -np.inf).argmax(0)  # [levels]
        row, level = np.nonzero(reach)
        entries.append((row, level, row == best[level]))
    return entries


def instance_scores(matches: InstanceMatches) -> InstanceScores:
    """Scores of matches summed over the data set."""
    classes, levels = len(matches.objects), len(LEVELS)
    group = matches.level * classes + matches.label
    order = np.argsort(group, kind='stable')
    ends = np.searchsorted(group[order], np.arange(levels * classes + 1))
    rows = [order[start:stop] for start, stop in pairwise(ends)]
    curves = [curve(matches.score[r], matches.found[r], int(matches.objects[k % classes])) for k, r in enumerate(rows)]
    known = np.where(matches.objects > 0, 1.0, np.nan)  # [C]
    found = np.bincount(group, matches.found, levels * classes).reshape(levels, classes)
    best = np.array([c.best_f1() for c in curves[:classes]])  # [C, 2], the first of LEVELS is 0.5
    return InstanceScores(
        ap=np.array([c.trapezoid_area() for c in curves]).reshape(levels, classes) * known,
        recall=found / matches.objects.clip(min=1) * known,
        precision_half=best[:, 0] * known,
        recall_half=best[:, 1] * known,
    )


def summarised(values: np.ndarray) -> dict[str, np.ndarray]:
    """Values [levels, C] as they are reported: the mean of nine levels, those at 0.5 and those at 0.25, each [C]."""
    return {'': values[:9].mean(0), '_50%': values[0], '_25%': values[9]}
