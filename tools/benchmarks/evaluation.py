"""B9: average precision of instance masks over a set of scenes, from points and from superpoints."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from peers import point_instance_ap as literal

from benchmarks.checks import require_close
from benchmarks.timing import Item, Settings
from uniseg3d.evaluation.functional.instance import InstanceMatches, instance_scores, match_instances, match_table
from uniseg3d.evaluation.functional.scene_truth import SceneTruth

SCENES, DISTINCT = 100, 20  # scenes that are measured, and different ones among them
MASKS, OBJECTS, CLASSES = 100, 40, 18
POINTS_PER_SUPERPOINT = 50


@dataclass
class Scene:
    """Annotated points and predicted masks, over superpoints and over points."""

    ids: np.ndarray  # [N] int64
    thing: np.ndarray  # [N] int64, 0..CLASSES - 1, CLASSES = no object
    instance: np.ndarray  # [N] int64, -1 = none
    masks: np.ndarray  # [n, M] bool
    point_masks: np.ndarray  # [n, N] bool
    scores: np.ndarray  # [n] float64
    labels: np.ndarray  # [n] int64


def make_scene(points: int, rng: np.random.Generator) -> Scene:
    """Objects that cut through superpoints, each found about twice, with flaws; a few masks are of another class."""
    ids = np.sort(rng.integers(0, max(points // POINTS_PER_SUPERPOINT, 2), points))
    ids = np.unique(ids, return_inverse=True)[1]
    borders = np.sort(rng.choice(points, 2 * OBJECTS, replace=False))
    between = np.searchsorted(borders, np.arange(points), side='right')  # odd inside objects
    instance = np.where(between % 2 == 1, between // 2, -1)
    class_of = rng.integers(0, CLASSES, OBJECTS + 1)
    meant = rng.integers(0, OBJECTS, MASKS)
    sizes = np.bincount(ids)
    owned = [2 * np.bincount(ids, instance == k, len(sizes)) > sizes for k in meant]
    masks = np.stack(owned) ^ (rng.random((MASKS, len(sizes))) < rng.uniform(0, 0.01, (MASKS, 1)))
    labels = np.where(rng.random(MASKS) < 0.8, class_of[meant], rng.integers(0, CLASSES, MASKS))
    thing = np.where(instance >= 0, class_of[instance], CLASSES)
    order = rng.permutation(points)  # superpoints are no runs of points
    scores = np.sort(rng.random(MASKS).round(3))[::-1].copy()
    return Scene(ids[order], thing[order], instance[order], masks, masks[:, ids[order]], scores, labels)


def average_precision(settings: Settings) -> Iterator[Item]:
    """B9: end to end, and by its two parts."""
    rng = np.random.default_rng(0)
    for points in settings.sizes_or(100_000):
        distinct = [make_scene(points, rng) for _ in range(DISTINCT if settings.sizes is None else 2)]
        scenes = [distinct[k % len(distinct)] for k in range(SCENES if settings.sizes is None else 4)]
        yield from _items(scenes, f'{len(scenes)} scenes x {MASKS} masks x {points} points')


def _items(scenes: Sequence[Scene], size: str) -> Iterator[Item]:
    whole = {'point masks': partial(_literal, scenes), 'ours': partial(_ours, scenes)}
    expected = torch.from_numpy(np.nan_to_num(whole['point masks'](), nan=-1.0))
    require_close('B9', 'ours', torch.from_numpy(np.nan_to_num(whole['ours'](), nan=-1.0)), expected, 1e-14)
    yield Item('B9', 'instance AP', size, 'point masks', whole)
    shared = {
        'point masks': lambda: [_literal_overlaps(scene) for scene in scenes],
        'ours': lambda: [_truth(scene).inside(scene.masks) for scene in scenes],
    }
    yield Item('B9', 'instance AP: shared points', size, 'point masks', shared)
    found, tables = shared['point masks'](), shared['ours']()
    truths = [_truth(scene) for scene in scenes]
    rest = {
        'point masks': lambda: literal.average_precision(found, CLASSES),
        'ours': lambda: _scores([_match(*parts) for parts in zip(scenes, truths, tables, strict=True)]),
    }
    yield Item('B9', 'instance AP: matches and curves', size, 'point masks', rest)


def _literal(scenes: Sequence[Scene]) -> np.ndarray:
    return literal.average_precision([_literal_overlaps(scene) for scene in scenes], CLASSES)


def _literal_overlaps(scene: Scene) -> literal.Overlaps:
    thing = np.where(scene.thing < CLASSES, scene.thing, -1)
    return literal.overlaps(scene.point_masks, scene.scores, scene.labels, thing, scene.instance)


def _ours(scenes: Sequence[Scene]) -> np.ndarray:
    matches = []
    for scene in scenes:
        truth = _truth(scene)
        matches.append(match_instances(scene.masks, scene.scores, scene.labels, truth, _object_class(truth), CLASSES))
    return _scores(matches)


def _truth(scene: Scene) -> SceneTruth:
    return SceneTruth.count(scene.ids, scene.thing, scene.instance)


def _object_class(truth: SceneTruth) -> np.ndarray:
    return np.where(truth.semantic < CLASSES, truth.semantic, -1)


def _match(scene: Scene, truth: SceneTruth, inside: np.ndarray) -> InstanceMatches:
    kinds = _object_class(truth)
    return match_table(inside, scene.scores, scene.labels, truth.segment_sizes, kinds, CLASSES, min_points=100)


def _scores(matches: Sequence[InstanceMatches]) -> np.ndarray:
    return instance_scores(InstanceMatches.total(matches)).ap
