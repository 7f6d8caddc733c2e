"""Point colours of everything a scene and its prediction hold."""

import numpy as np
from torch import Tensor

from uniseg3d.structures import MaskSet, PanopticMap, Prediction, Sample, Superpoints
from uniseg3d.visualization.palette import instance_colors, paint_labels

FEATURE_COLORS = slice(0, 3)  # where the pipeline puts the colours
COLOR_MEAN = COLOR_SCALE = 127.5  # how it normalised them
MIN_SCORE = 0.3  # of predicted instances that are drawn
MIN_SHARE = 0.5  # of a predicted segment that one object must cover to give it its colour


def input_colors(sample: Sample) -> np.ndarray:
    """Colours [N, 3] uint8 as the model sees them, normalisation undone."""
    color = sample.scene.features[:, FEATURE_COLORS].cpu().numpy() * COLOR_SCALE + COLOR_MEAN
    return np.clip(np.round(color), 0, 255).astype(np.uint8)


def superpoint_colors(superpoints: Superpoints) -> np.ndarray:
    """One colour per superpoint, [N, 3] uint8; neighbours in the numbering differ."""
    return paint_labels(_array(superpoints.ids), instance_colors(len(superpoints)))


def instance_map(instances: MaskSet, superpoints: Superpoints) -> np.ndarray:
    """Row of the best-scored mask over each point, -1 where none scores above ``MIN_SCORE``: [N]."""
    return first_mask(instances.masks & (instances.scores > MIN_SCORE)[:, None], superpoints)


def first_mask(masks: Tensor, superpoints: Superpoints) -> np.ndarray:
    """First row of masks [n, M] that covers each point, -1 = none: [N]."""
    rows = np.concatenate([_array(masks), np.ones((1, len(superpoints)), dtype=bool)])
    first = rows.argmax(0)
    return np.where(first < len(masks), first, -1)[_array(superpoints.ids)]


def panoptic_map(panoptic: PanopticMap, superpoints: Superpoints) -> np.ndarray:
    """Segment id of each point [N]: stuff classes first, then things, as in ``Targets.panoptic``."""
    return _array(superpoints.expand(panoptic.segment))


def object_reference(sample: Sample, prediction: Prediction | None) -> np.ndarray | None:
    """Objects 0..n-1 per point [N], -1 = none, whose colours all panels of a scene keep: the true ones if they are known."""
    if sample.targets is not None:
        return _array(sample.targets.instance)
    if prediction is not None and prediction.instances is not None:
        return instance_map(prediction.instances, prediction.superpoints)
    return None


def matched_colors(segments: np.ndarray, reference: np.ndarray | None) -> np.ndarray:
    """Colours of segments 0..n-1 given per point [N] (-1 = none), the same as the object of ``reference`` each mostly covers.

    So an object has one colour in all panels; segments that cover none get colours of their own.
    """
    count = int(segments.max(initial=-1)) + 1
    known = 0 if reference is None else int(reference.max(initial=-1)) + 1
    colors, chosen = instance_colors(known + count), np.arange(known, known + count)
    if reference is None or known == 0:
        return colors[chosen]
    pairs = np.bincount((segments + 1) * (known + 1) + reference + 1, minlength=(count + 1) * (known + 1))
    overlap = pairs.reshape(count + 1, known + 1)[1:]  # [count, known + 1] points, the first column in no object
    best, free = overlap[:, 1:].argmax(1), np.ones(known, dtype=bool)
    for segment in np.flatnonzero(overlap[:, 1:].max(1) > MIN_SHARE * overlap.sum(1)):
        if free[best[segment]]:
            chosen[segment], free[best[segment]] = best[segment], False
    return colors[chosen]


def predicted_semantic(prediction: Prediction) -> np.ndarray:
    """Predicted class of each point [N]."""
    assert prediction.semantic is not None
    return _array(prediction.per_point(prediction.semantic))


def _array(values: Tensor) -> np.ndarray:
    return values.detach().cpu().numpy()
