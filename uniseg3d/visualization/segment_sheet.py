"""Views of a scene above one another with their segments: what was seen, what is true, what was found."""

from collections.abc import Mapping, Sequence

import numpy as np

from uniseg3d.text.class_lists import ClassList
from uniseg3d.visualization.palette import instance_colors, paint_labels

GAP = 4  # pixels between rows


def segment_colors(segments: np.ndarray, labels: np.ndarray, classes: ClassList) -> np.ndarray:
    """Maps [V, H, W] of segments, 0 = none, whose classes are ``labels`` [S], as pictures [V, H, W, 3] uint8.

    Stuff has the colours of its classes, every other segment one of its own, the same in all views.
    """
    colors = instance_colors(len(labels))
    stuff = np.isin(labels, classes.stuff)
    colors[stuff] = classes.colors[labels[stuff]]
    return paint_labels(segments - 1, colors)


def renumbered(instance: np.ndarray, semantic: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Segments as :func:`segment_colors` takes them, of true maps [V, H, W]; each has the class of most of its pixels."""
    known = (instance > 0) & (semantic >= 0)
    numbers = np.unique(instance[known])
    labels = [np.bincount(semantic[known & (instance == number)]).argmax() for number in numbers]
    place = np.searchsorted(numbers, instance).clip(max=max(len(numbers) - 1, 0))
    return np.where(known, place + 1, 0), np.array(labels, np.int64)


def segment_sheet(rows: Mapping[str, Sequence[np.ndarray]], scale: int = 2) -> np.ndarray:
    """Every row's pictures [H, W, 3], all of one size, beside one another; rows from top to bottom in their order."""
    strips = [np.concatenate(list(pictures), 1).repeat(scale, 0).repeat(scale, 1) for pictures in rows.values()]
    gap = np.full((GAP, strips[0].shape[1], 3), 255, np.uint8)
    return np.concatenate([part for strip in strips for part in (strip, gap)][:-1])
