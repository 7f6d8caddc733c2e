"""ScanNet's instance average precision read off the rules: masks over points, objects one by one.

Everything is a loop over predictions and objects with masks as long as the scene. The package computes the same from a
table of superpoints and objects.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

LEVELS = np.append(np.arange(0.5, 0.95, 0.05), 0.25)


@dataclass
class Thing:
    """One annotated object, and the predictions of its class that touch it with the points they share."""

    label: int
    key: int
    size: int
    touched_by: list[tuple[int, int]] = field(default_factory=list)


@dataclass
class Guess:
    """One predicted mask, and the objects of its class that it touches with the points they share."""

    label: int
    score: float
    size: int
    on_nothing: int
    touches: list[tuple[int, int]] = field(default_factory=list)


Overlaps = tuple[list[Guess], list[Thing]]


def overlaps(
    masks: np.ndarray, scores: np.ndarray, labels: np.ndarray, thing: np.ndarray, instance: np.ndarray, min_points: int = 100
) -> Overlaps:
    """Shared points of masks [n, N] with the objects of a scene; ``thing`` [N] is the class of each point, -1 = no object."""
    keys = np.where(thing >= 0, thing * 1000 + instance, -1)  # [N]
    things = [Thing(int(key) // 1000, int(key), int((keys == key).sum())) for key in np.unique(keys) if key >= 0]
    guesses: list[Guess] = []
    for mask, score, label in zip(masks, scores.tolist(), labels.tolist(), strict=True):
        size = int(np.count_nonzero(mask))
        if size < min_points:
            continue
        guess = Guess(label, score, size, int(np.count_nonzero(np.logical_and(keys == -1, mask))))
        for number, one in enumerate(things):
            if one.label != label:
                continue
            shared = int(np.count_nonzero(np.logical_and(keys == one.key, mask)))
            if shared:
                guess.touches.append((number, shared))
                one.touched_by.append((len(guesses), shared))
        guesses.append(guess)
    return guesses, things


def average_precision(scenes: Sequence[Overlaps], classes: int, min_points: int = 100) -> np.ndarray:
    """AP of every level and class [levels, C], ``nan`` for classes without objects."""
    ap = np.full((len(LEVELS), classes), np.nan)
    for row, level in enumerate(LEVELS):
        for label in range(classes):
            ap[row, label] = _class_ap(scenes, label, level, min_points)
    return ap


def _class_ap(scenes: Sequence[Overlaps], label: int, level: float, min_points: int) -> float:
    right: list[bool] = []
    scores: list[float] = []
    wanted = 0
    for guesses, things in scenes:
        used: dict[int, bool] = defaultdict(bool)
        for one in things:
            if one.label != label or one.size < min_points:
                continue
            wanted += 1
            best = None
            for number, shared in one.touched_by:
                guess = guesses[number]
                if used[number] or shared / (one.size + guess.size - shared) <= level:
                    continue
                if best is None:
                    best, used[number] = guess.score, True
                else:  # the object was found before: the weaker of the two is a mistake
                    right.append(False)
                    scores.append(min(best, guess.score))
                    best = max(best, guess.score)
            if best is not None:
                right.append(True)
                scores.append(best)
        for guess in guesses:
            if guess.label == label and _is_mistake(guess, things, level, min_points):
                right.append(False)
                scores.append(guess.score)
    return _area(np.array(right), np.array(scores), wanted) if wanted else np.nan


def _is_mistake(guess: Guess, things: Sequence[Thing], level: float, min_points: int) -> bool:
    ignored = guess.on_nothing
    for number, shared in guess.touches:
        one = things[number]
        if shared / (one.size + guess.size - shared) > level:
            return False
        if one.size < min_points:
            ignored += shared
    return ignored / guess.size <= level


def _area(right: np.ndarray, scores: np.ndarray, wanted: int) -> float:
    precision, recall = [], []
    for threshold in np.unique(scores):
        kept = right[scores >= threshold]
        precision.append(kept.sum() / len(kept))
        recall.append(kept.sum() / wanted)
    precision.append(1.0)
    recall.append(0.0)
    steps = np.convolve([recall[0], *recall, 0.0], [-0.5, 0, 0.5], 'valid')
    return float(np.dot(precision, steps))
