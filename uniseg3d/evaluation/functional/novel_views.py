"""Counts of rendered views of one scene that a data set adds up: classes, segments and objects of some of its views."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import torch

from uniseg3d.evaluation.functional.coco import SceneMatches, class_precision, coco_scores
from uniseg3d.evaluation.functional.label_maps import (
    VOID,
    class_ious,
    class_ious_original,
    label_confusion,
    panoptic_counts_original,
)
from uniseg3d.evaluation.functional.panoptic import PanopticCounts, panoptic_scores
from uniseg3d.evaluation.functional.view_objects import ObjectMaps, match_objects
from uniseg3d.evaluation.functional.view_panoptic import PixelLabels, pixel_counts
from uniseg3d.models.postprocess.rendered_labels import RenderedLabels


@dataclass(frozen=True, eq=False)
class LabelCounts:
    """Of some views of one scene."""

    confusion: np.ndarray  # [C + 1, C + 1]
    panoptic: PanopticCounts
    panoptic_original: PanopticCounts
    objects: Mapping[int, SceneMatches]  # by class


def count_labels(
    found: RenderedLabels, semantic: np.ndarray, instance: np.ndarray, rows: np.ndarray, classes: int, stuff: Collection[int]
) -> LabelCounts:
    """Compare the views in ``rows`` with the truth [V, H, W]: class -1 = void, instance 0 = none."""
    said, segment = found.semantic.numpy()[rows], found.instance.numpy()[rows]
    truth, true_segment = semantic[rows], instance[rows]
    void = [np.where(labels == VOID, classes, labels).reshape(-1) for labels in (said, truth)]
    pixels = PixelLabels(void[0], segment.reshape(-1), void[1], true_segment.reshape(-1))
    objects = ObjectMaps.scored(segment, found.ids.numpy(), found.labels.numpy(), found.scores.double().numpy())
    return LabelCounts(
        label_confusion(said, truth, classes),
        pixel_counts(pixels, classes, stuff),
        panoptic_counts_original(said, segment, truth, true_segment, classes, stuff),
        match_objects(objects, ObjectMaps.labelled(true_segment, truth, stuff)),
    )


def label_scores(counts: Iterable[LabelCounts], classes: int) -> dict[str, float]:
    """mIoU, PQ and COCO's mAP of all scenes, at least one; what nothing was asked of is left out, or 0 as original."""
    every = list(counts)
    confusion = np.sum([one.confusion for one in every], axis=0)
    standard, original = class_ious(confusion), class_ious_original(confusion)
    scores = panoptic_scores(PanopticCounts.total(one.panoptic for one in every))
    quality = panoptic_scores(PanopticCounts.total(one.panoptic_original for one in every)).pq
    found = {'miou_original': float(original.mean()), 'pq_original': float(quality.mean())}
    if not np.isnan(standard).all():
        found['miou'] = float(np.nanmean(standard))
    if scores.present.any():
        found['pq'] = float(scores.pq[scores.present].mean())
    by_class = [[one.objects[label] for one in every if label in one.objects] for label in range(classes)]
    precision = coco_scores(class_precision(scenes) for scenes in by_class if scenes)
    return found | {name: value for name, value in precision.items() if name in ('map', 'map_50', 'map_75') and value >= 0}


def text_ious(masks: torch.Tensor, instance: np.ndarray, objects: np.ndarray) -> list[float]:
    """IoU of each mask [T, V, H, W] bool with the object it means, over all views; objects that no view shows are left out."""
    found = []
    for mask, meant in zip(masks.numpy(), objects.tolist(), strict=True):
        truth = instance == meant
        if truth.any():
            found.append(float((mask & truth).sum() / (mask | truth).sum()))
    return found
