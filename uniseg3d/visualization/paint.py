"""Point colours of everything a scene and its prediction hold."""

import numpy as np
from torch import Tensor

from uniseg3d.structures import MaskSet, PanopticMap, Prediction, Sample, Superpoints, Targets
from uniseg3d.visualization.palette import instance_colors, paint_labels

FEATURE_COLORS = slice(0, 3)  # where the pipeline puts the colours
COLOR_MEAN = COLOR_SCALE = 127.5  # how it normalised them
MIN_SCORE = 0.3  # of predicted instances that are drawn
MIN_SHARE = 0.5  # of a predicted segment that one true object must cover to give it its colour


def input_colors(sample: Sample) -> np.ndarray:
    """Colours [N, 3] uint8 as the model sees them, normalisation undone."""
    color = sample.scene.features[:, FEATURE_COLORS].cpu().numpy() * COLOR_SCALE + COLOR_MEAN
    return np.clip(np.round(color), 0, 255).astype(np.uint8)


def superpoint_colors(superpoints: Superpoints) -> np.ndarray:
    """One colour per superpoint, [N, 3] uint8; neighbours in the numbering differ."""
    return paint_labels(_array(superpoints.ids), instance_colors(len(superpoints)))


def instance_map(instances: MaskSet, superpoints: Superpoints) -> np.ndarray:
    """Row of the best-scored mask over each point, -1 where none scores above ``MIN_SCORE``: [N]."""
    winner = np.full(len(superpoints), -1)
    good = np.flatnonzero(_array(instances.scores) > MIN_SCORE)
    for row in good[::-1]:  # best last: it may paint over the others
        winner[_array(instances.masks[row])] = row
    return winner[_array(superpoints.ids)]


def panoptic_map(panoptic: PanopticMap, superpoints: Superpoints) -> np.ndarray:
    """Segment id of each point [N]: stuff classes first, then things, as in ``Targets.panoptic``."""
    return _array(superpoints.expand(panoptic.segment))


def matched_colors(segments: np.ndarray, targets: Targets | None) -> np.ndarray:
    """Colours of segments 0..n-1 given per point [N] (-1 = none), the same as the true object each one mostly covers.

    So an object has one colour in truth and prediction; segments that cover none get colours of their own.
    """
    count = int(segments.max(initial=-1)) + 1
    known = 0 if targets is None else len(targets.labels)
    colors, chosen = instance_colors(known + count), np.arange(known, known + count)
    if targets is None or known == 0:
        return colors[chosen]
    truth, free = _array(targets.instance), np.ones(known, dtype=bool)
    for segment in range(count):
        inside = truth[segments == segment]
        overlap = np.bincount(inside[inside >= 0], minlength=known)
        best = int(overlap.argmax())
        if free[best] and overlap[best] > MIN_SHARE * len(inside):
            chosen[segment], free[best] = best, False
    return colors[chosen]


def predicted_semantic(prediction: Prediction) -> np.ndarray:
    """Predicted class of each point [N]."""
    assert prediction.semantic is not None
    return _array(prediction.per_point(prediction.semantic))


def _array(values: Tensor) -> np.ndarray:
    return values.detach().cpu().numpy()
