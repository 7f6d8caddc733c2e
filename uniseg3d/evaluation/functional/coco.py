"""Average precision of scored masks by the rules of COCO."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0, 1, 101)
MOST = (1, 10, 100)  # masks of one class in one scene that count, best first
AREAS = {'all': (0, 1e10), 'small': (0, 32**2), 'medium': (32**2, 96**2), 'large': (96**2, 1e10)}  # in pixels
NONE = -1.0  # where nothing is asked


@dataclass(frozen=True, eq=False)
class SceneMatches:
    """Masks of one class in one scene, best first: whether each found an object, by size of objects and threshold."""

    scores: np.ndarray  # [n] float64
    found: np.ndarray  # [areas, thresholds, n] bool
    ignored: np.ndarray  # [areas, thresholds, n] bool: neither right nor wrong
    objects: np.ndarray  # [areas] int64 that are asked for


def overlaps(predicted: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """IoU [n, S] of masks [n, ...] and [S, ...] bool, and the areas [n] and [S] of both."""
    pixels = int(np.prod(truth.shape[1:]))
    first, second = (masks.reshape(len(masks), pixels).astype(np.float32) for masks in (predicted, truth))
    shared = (first @ second.T).astype(np.float64)
    sizes, true_sizes = first.sum(1, dtype=np.float64), second.sum(1, dtype=np.float64)
    return shared / (sizes[:, None] + true_sizes - shared).clip(min=1), sizes, true_sizes


def match_scene(iou: np.ndarray, scores: np.ndarray, sizes: np.ndarray, true_sizes: np.ndarray) -> SceneMatches:
    """Give objects to the masks of one class and scene, best mask first: ``iou`` [n, S] and ``scores`` [n]."""
    order = np.argsort(-scores, kind='stable')[: MOST[-1]]
    iou, sizes = iou[order], sizes[order]
    parts = [_match_area(iou, sizes, true_sizes, *area) for area in AREAS.values()]
    found, ignored, objects = (np.stack(part) for part in zip(*parts, strict=True))
    return SceneMatches(scores[order].astype(np.float64), found, ignored, objects)


def _match_area(
    iou: np.ndarray, sizes: np.ndarray, true_sizes: np.ndarray, low: float, high: float
) -> tuple[np.ndarray, np.ndarray, int]:
    asked = (true_sizes >= low) & (true_sizes <= high)
    found, ignored = (np.zeros((len(THRESHOLDS), len(iou)), dtype=bool) for _ in range(2))
    for row, threshold in enumerate(THRESHOLDS):
        free = np.ones(len(true_sizes), dtype=bool)
        for mask in range(len(iou)):
            reach = free & (iou[mask] >= threshold)
            reach = reach & asked if (reach & asked).any() else reach  # objects of other sizes are second choice
            if reach.any():
                best = len(reach) - 1 - np.where(reach, iou[mask], -1)[::-1].argmax()  # the last of equals
                free[best] = False
                found[row, mask], ignored[row, mask] = True, not asked[best]
    ignored |= ~found & ((sizes < low) | (sizes > high))
    return found, ignored, int(asked.sum())


@dataclass(frozen=True, eq=False)
class ClassPrecision:
    """Of one class over a data set; ``NONE`` where no object is asked for."""

    precision: np.ndarray  # [areas, thresholds] mean over RECALLS, for the largest of MOST
    recall: np.ndarray  # [areas, thresholds, len(MOST)]


def class_precision(scenes: Sequence[SceneMatches]) -> ClassPrecision:
    """Collect the scenes of one class, at least one."""
    precision = np.full((len(AREAS), len(THRESHOLDS)), NONE)
    recall = np.full((len(AREAS), len(THRESHOLDS), len(MOST)), NONE)
    for area in range(len(AREAS)):
        objects = sum(int(scene.objects[area]) for scene in scenes)
        for level, row in np.ndindex(len(MOST), len(THRESHOLDS)):
            if objects:
                best = MOST[level]
                scores = np.concatenate([scene.scores[:best] for scene in scenes])
                order = np.argsort(-scores, kind='stable')
                found, ignored = (
                    np.concatenate([getattr(scene, name)[area, row, :best] for scene in scenes])[order]
                    for name in ('found', 'ignored')
                )
                hits = found[~ignored].cumsum()
                reached = hits / objects
                recall[area, row, level] = reached[-1] if len(reached) else 0
                if best == MOST[-1]:
                    precision[area, row] = _mean_precision(hits, reached)
    return ClassPrecision(precision, recall)


def _mean_precision(hits: np.ndarray, recall: np.ndarray) -> float:
    """Precision at each of RECALLS is the best that this recall or a higher one reaches."""
    precision = hits / np.arange(1, len(hits) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    place = np.searchsorted(recall, RECALLS, side='left')
    return float(np.where(place < len(best), np.append(best, 0)[place.clip(max=len(best))], 0).mean())


def coco_scores(classes: Iterable[ClassPrecision]) -> dict[str, float]:
    """Means over classes with objects, under the names that COCO's tools use; ``NONE`` without any."""
    found = list(classes)
    if not found:
        return {}
    precision = np.stack([one.precision for one in found])  # [C, areas, thresholds]
    recall = np.stack([one.recall for one in found])  # [C, areas, thresholds, MOST]
    scores = {'map': _mean(precision[:, 0]), 'map_50': _mean(precision[:, 0, 0]), 'map_75': _mean(precision[:, 0, 5])}
    sizes = list(enumerate(AREAS))[1:]
    scores |= {f'map_{name}': _mean(precision[:, area]) for area, name in sizes}
    scores |= {f'mar_{most}': _mean(recall[:, 0, :, level]) for level, most in enumerate(MOST)}
    return scores | {f'mar_{name}': _mean(recall[:, area, :, -1]) for area, name in sizes}


def _mean(values: np.ndarray) -> float:
    known = values[values > NONE]
    return float(known.mean()) if len(known) else NONE
