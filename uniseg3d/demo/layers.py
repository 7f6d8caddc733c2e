"""What can be laid over the points of a scene: colours, what they mean, and the numbers behind them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from matplotlib import colormaps

from uniseg3d.structures import MaskSet, Prediction, Superpoints
from uniseg3d.text.class_lists import ClassList
from uniseg3d.visualization.paint import first_mask, panoptic_map, predicted_semantic, superpoint_colors
from uniseg3d.visualization.palette import instance_colors, paint_labels, paint_segments

RGB = 'rgb'
MOST_NAMED = 24  # entries of a legend; the rest is counted
Color = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Layer:
    """Colours of n points."""

    colors: np.ndarray  # [n, 3] uint8
    values: np.ndarray | None = None  # [n] int32, -1 = none
    legend: tuple[tuple[str, Color], ...] = ()


Layers = dict[str, Callable[[], Layer]]  # by their names, made when they are called for


def rgb_layer(colors: np.ndarray) -> Layer:
    """The points as they were scanned, ``colors`` [n, 3] 0..255."""
    return Layer(np.clip(np.round(colors), 0, 255).astype(np.uint8))


def label_layer(values: np.ndarray, names: Sequence[str], colors: np.ndarray) -> Layer:
    """Every point [n] has a label, -1 = none; the legend names those that occur, the most frequent first."""
    values = values.astype(np.int32)
    return Layer(paint_labels(values, colors), values, _legend(values, names, colors))


def segment_layer(base: np.ndarray, values: np.ndarray, names: Sequence[str], colors: np.ndarray | None = None) -> Layer:
    """Segments [n] over the washed-out scene ``base`` [n, 3]; -1 = in none."""
    colors = instance_colors(len(names)) if colors is None else colors
    values = values.astype(np.int32)
    return Layer(paint_segments(base, values, colors), values, _legend(values, names, colors))


def _legend(values: np.ndarray, names: Sequence[str], colors: np.ndarray) -> tuple[tuple[str, Color], ...]:
    counts = np.bincount(values[values >= 0], minlength=len(names))[: len(names)]
    order = [int(i) for i in np.argsort(-counts, kind='stable') if counts[i]]
    entries = [(names[i], (int(colors[i][0]), int(colors[i][1]), int(colors[i][2]))) for i in order[:MOST_NAMED]]
    if len(order) > MOST_NAMED:
        entries.append((f'and {len(order) - MOST_NAMED} more', (128, 128, 128)))
    return tuple(entries)


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
    return label_layer(segments, names, colors)


def _confidence(prediction: Prediction, masks: MaskSet) -> Layer:
    """Score of the surest instance over each point, dark where there is none."""
    covered = masks.masks * masks.scores[:, None]  # [n, M]
    scores = torch.cat([covered, covered.new_zeros(1, covered.shape[1])]).amax(0)
    table = (np.array(colormaps['viridis'].colors) * 255).astype(np.uint8)  # type: ignore[attr-defined]
    steps = (prediction.per_point(scores).clamp(0, 1).numpy() * (len(table) - 1)).astype(np.int32)
    ends = [(f'score {share:g}', _color(table[int(share * (len(table) - 1))])) for share in (1, 0.5, 0)]
    return Layer(table[steps], None, tuple(ends))


def _color(row: np.ndarray) -> Color:
    return int(row[0]), int(row[1]), int(row[2])
