"""What can be laid over the points of a scene that a model answered about."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
import torch

from uniseg3d.demo.layer import Layer, label_layer, segment_layer, share_layer
from uniseg3d.structures import MaskSet, Prediction, Superpoints
from uniseg3d.text.class_lists import ClassList
from uniseg3d.visualization.paint import first_mask, panoptic_map, predicted_semantic, superpoint_colors
from uniseg3d.visualization.palette import instance_colors

Layers = dict[str, Callable[[], Layer]]  # by their names, made when they are called for


def prediction_layers(
    prediction: Prediction, base: np.ndarray, classes: ClassList, min_score: float, names: Sequence[str] = ()
) -> Layers:
    """All that ``prediction`` says about the n points of its superpoints, whose colours are ``base`` [n, 3].

    Each is made when it is called for. ``names``: what labels of ``prediction.named`` mean.
    """
    parts = prediction.superpoints
    found: Layers = {'superpoints': lambda: Layer(superpoint_colors(parts), parts.ids.numpy().astype(np.int32))}
    if prediction.semantic is not None:
        found['semantic'] = lambda: label_layer(predicted_semantic(prediction), classes.names, classes.colors)
    if prediction.panoptic is not None:
        found['panoptic'] = lambda: _panoptic(prediction, classes)
    if prediction.instances is not None:
        found['instances'] = partial(_instances, prediction.instances, parts, base, min_score, classes.thing_names)
        found['confidence'] = partial(_confidence, prediction, prediction.instances)
    if prediction.named is not None:
        found['named'] = partial(_instances, prediction.named, parts, base, min_score, names)
    return found


def _instances(masks: MaskSet, parts: Superpoints, base: np.ndarray, min_score: float, names: Sequence[str]) -> Layer:
    masks = likely(masks, min_score)
    return segment_layer(base, first_mask(masks.masks, parts), list(_titles(masks, names)))


def likely(masks: MaskSet, min_score: float) -> MaskSet:
    """Those that score at least ``min_score``."""
    kept = masks.scores >= min_score
    return MaskSet(masks.masks[kept], masks.scores[kept], masks.labels[kept])


def _titles(masks: MaskSet, names: Sequence[str]) -> Iterator[str]:
    for label, score in zip(masks.labels.tolist(), masks.scores.tolist(), strict=True):
        yield f'{names[label] if 0 <= label < len(names) else "object"} {score:.2f}'


def _panoptic(prediction: Prediction, classes: ClassList) -> Layer:
    assert prediction.panoptic is not None
    segments = panoptic_map(prediction.panoptic, prediction.superpoints)
    stuff, count = len(classes.stuff), int(segments.max(initial=0)) + 1
    colors = np.concatenate([classes.colors[list(classes.stuff)], instance_colors(max(count - stuff, 0))])
    names = list(classes.stuff_names) + [''] * max(count - stuff, 0)
    of_segment = dict(zip(prediction.panoptic.segment.tolist(), prediction.panoptic.semantic.tolist(), strict=True))
    for segment, label in of_segment.items():
        if segment >= stuff:
            names[segment] = classes.names[label] if 0 <= label < len(classes) else 'object'
    return label_layer(segments, names, colors, free=stuff)


def _confidence(prediction: Prediction, masks: MaskSet) -> Layer:
    """Score of the surest instance over each point, dark where there is none."""
    covered = masks.masks * masks.scores[:, None]  # [n, M]
    scores = torch.cat([covered, covered.new_zeros(1, covered.shape[1])]).amax(0)
    return share_layer(prediction.per_point(scores).numpy(), [(share, f'score {share:g}') for share in (1, 0.5, 0)])
