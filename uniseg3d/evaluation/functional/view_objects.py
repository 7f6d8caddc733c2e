"""Objects in several views of a scene: masks over all views together, cut out of maps of segment numbers."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from uniseg3d.evaluation.functional.coco import SceneMatches, match_scene, overlaps


@dataclass(frozen=True, eq=False)
class ObjectMaps:
    """n segments of one scene."""

    masks: np.ndarray  # [n, ...] bool
    labels: np.ndarray  # [n] int64
    scores: np.ndarray  # [n] float64

    @classmethod
    def scored(cls, segment: np.ndarray, ids: np.ndarray, labels: np.ndarray, scores: np.ndarray) -> 'ObjectMaps':
        """Of the numbers in ``segment``, 0 = none, those that are named by ``ids`` [K]; several with one number count as one.

        Its class is the first named, its score the mean.
        """
        names, first, group = np.unique(ids, return_index=True, return_inverse=True)
        mean = np.bincount(group, scores, len(names)) / np.bincount(group, minlength=len(names)).clip(min=1)
        known = np.flatnonzero(np.isin(names, segment) & (names > 0))
        return cls(_masks(segment, names[known]), labels[first[known]], mean[known])

    @classmethod
    def labelled(cls, segment: np.ndarray, label: np.ndarray, stuff: Collection[int]) -> 'ObjectMaps':
        """Every true segment of a thing, with the class of its first pixel; maps of one shape."""
        ids, first = np.unique(segment, return_index=True)
        labels = label.reshape(-1)[first]
        things = (ids > 0) & (labels >= 0) & ~np.isin(labels, list(stuff))
        return cls(_masks(segment, ids[things]), labels[things], np.ones(int(things.sum())))


def _masks(segment: np.ndarray, ids: np.ndarray) -> np.ndarray:
    return segment[None] == ids.reshape(-1, *[1] * segment.ndim)


def match_objects(said: ObjectMaps, real: ObjectMaps) -> dict[int, SceneMatches]:
    """By class, for each that occurs on either side."""
    iou, sizes, true_sizes = overlaps(said.masks, real.masks)
    matches = {}
    for label in sorted({*said.labels.tolist(), *real.labels.tolist()}):
        rows, columns = np.flatnonzero(said.labels == label), np.flatnonzero(real.labels == label)
        matches[label] = match_scene(iou[np.ix_(rows, columns)], said.scores[rows], sizes[rows], true_sizes[columns])
    return matches
