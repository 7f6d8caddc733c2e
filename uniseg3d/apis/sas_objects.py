"""Classes and objects of a scene by distilled features, under any names: points of a name that touch, or masks of others."""

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from uniseg3d.apis.sas_scenes import DistilledScenes, classify_masks, group_instances
from uniseg3d.evaluation import UnifiedMetric
from uniseg3d.io.predictions import read_prediction
from uniseg3d.structures import MaskSet, Prediction, Sample, SceneBatch, Superpoints
from uniseg3d.text.class_lists import ClassList
from uniseg3d.utils.errors import DataError
from uniseg3d.utils.progress import track

MOSTLY = 0.5  # share of a superpoint's points that makes it part of an object
Answer = Callable[[Sample], Prediction]


def grouped_objects(
    scenes: DistilledScenes, sample: Sample, classes: ClassList, cell: float = 0.1, least: int = 100
) -> Prediction:
    """Objects are the parts of a class that touch (see :func:`group_instances`)."""
    labels = scenes.labels(scenes.features(sample), classes.names)
    found = group_instances(sample.scene.xyz.numpy(), labels.numpy(), classes.things, cell, least)
    parts = sample.superpoints
    masks = parts.mean(found.masks.T.float()).T > MOSTLY  # [n, M]
    kept = masks.any(1)
    objects = MaskSet(masks[kept], found.scores[kept], _among_things(found.labels[kept], classes))
    return Prediction(sample.scene.scene_id, parts, semantic=_majority(labels, parts, len(classes)), instances=objects)


def named_masks(scenes: DistilledScenes, sample: Sample, masks: Prediction, classes: ClassList) -> Prediction:
    """The objects of another network's prediction, each under the class that its points' features fit best.

    The other network's classes are not looked at. The score of an object is its own times the probability of its class.
    """
    found = class_agnostic(masks)
    if len(masks.superpoints.ids) != len(sample.scene):
        raise DataError(
            f'the masks of scene {masks.scene_id} cover {len(masks.superpoints.ids)} points, scene {sample.scene.scene_id} has '
            f'{len(sample.scene)}; take masks that were made of the same cloud'
        )
    features = scenes.features(sample)
    of_points = masks.superpoints.expand(found.masks)  # [n, N]
    shares = classify_masks(features, of_points, scenes.texts.classes(classes.names))[:, list(classes.things)]
    best, label = shares.max(1) if len(shares) else (shares.sum(1), shares.sum(1).long())
    scores, order = (found.scores * best).sort(descending=True, stable=True)
    semantic = _majority(scenes.labels(features, classes.names), masks.superpoints, len(classes))
    return Prediction(
        sample.scene.scene_id,
        masks.superpoints,
        semantic=semantic,
        instances=MaskSet(found.masks[order], scores, label[order]),
    )


def class_agnostic(prediction: Prediction) -> MaskSet:
    """Masks of objects, each once with its best score, whatever classes they were found for."""
    found = prediction.objects if prediction.objects is not None else prediction.instances
    if found is None:
        raise DataError(f'the prediction of scene {prediction.scene_id} holds no instances; dump one with tools/test.py --dump')
    if not len(found):
        return found
    masks, owner = torch.unique(found.masks, dim=0, return_inverse=True)
    best = found.scores.new_zeros(len(masks)).scatter_reduce(0, owner, found.scores, 'amax')
    return MaskSet(masks, best, torch.full((len(masks),), -1))


def masks_from(folder: str | Path, scenes: DistilledScenes, classes: ClassList) -> Answer:
    """:func:`named_masks` for predictions ``<scene>.npz`` in a folder."""
    return lambda sample: named_masks(scenes, sample, read_prediction(Path(folder) / f'{sample.scene.scene_id}.npz'), classes)


def score_objects(scenes: DistilledScenes, answer: Answer, classes: str, min_points: int = 100) -> Mapping[str, float]:
    """Average precision and mIoU of answers about all test scenes, against the labels of the class list ``classes``."""
    metric = UnifiedMetric(classes, ['semantic', 'instance'], min_points=min_points)
    for index in track(range(len(scenes.dataset)), 'finding objects'):
        sample = scenes.dataset[index]
        metric.process({'batch': SceneBatch([sample])}, [answer(sample)])
    return metric.evaluate(len(scenes.dataset))


def _majority(labels: Tensor, parts: Superpoints, count: int) -> Tensor:
    """Most frequent label [M] of the points of each superpoint."""
    return parts.mean(torch.nn.functional.one_hot(labels, count).float()).argmax(1)


def _among_things(labels: Tensor, classes: ClassList) -> Tensor:
    """Classes as places among those that have instances."""
    places = torch.full((len(classes),), -1)
    places[list(classes.things)] = torch.arange(len(classes.things))
    return places[labels]
