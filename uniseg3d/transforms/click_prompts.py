"""Simulated users: which point of an object they click."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from scipy.spatial import cKDTree

from uniseg3d.registry import TRANSFORMS
from uniseg3d.transforms.base import SampleDict
from uniseg3d.utils.errors import ConfigError


class ClickSource(Protocol):
    """What random clicks draw from: ``np.random.Generator`` or the legacy ``np.random.RandomState``."""

    def permutation(self, x: int, /) -> np.ndarray: ...

    def choice(self, a: int, size: int, replace: bool) -> np.ndarray: ...


def points_of_instances(instance: np.ndarray) -> list[np.ndarray]:
    """Indices of the points of each instance 0..n-1, in increasing order; -1 belongs to none."""
    order = np.argsort(instance, kind='stable')
    counts = np.bincount(instance + 1)
    return np.split(order, np.cumsum(counts)[:-1])[1:]


def central_point(xyz: np.ndarray, rng: ClickSource, limit: int = 500) -> int:
    """Row of ``xyz`` [p, 3] closest to the mean; of more than ``limit`` points only a random sample is looked at."""
    rows = np.arange(len(xyz))
    if len(xyz) > limit:
        # n * (limit / n) may round to just below limit; kept because released models were trained with it
        rows = rng.choice(len(xyz), int(len(xyz) * (limit / len(xyz))), replace=False)
    chosen = xyz[rows]
    distance = np.square(chosen - chosen.mean(0)).sum(1)
    return int(rows[distance.argmin()])


def random_clicks(xyz: np.ndarray, instance: np.ndarray, rng: ClickSource) -> tuple[np.ndarray, np.ndarray]:
    """One click near the middle of each instance, instances in random order: points [K] and their instances [K]."""
    members = points_of_instances(instance)
    order = rng.permutation(len(members))
    points = [members[k][central_point(xyz[members[k]], rng)] for k in order]
    return np.array(points, dtype=np.int64), np.asarray(order, dtype=np.int64)


def first_per_voxel(xyz: np.ndarray, voxel_size: float) -> np.ndarray:
    """Indices, increasing, of the first point in each occupied voxel."""
    cells = np.floor(xyz / voxel_size).astype(np.int64)
    cells -= cells.min(0)
    shape = cells.max(0) + 1
    keys = (cells[:, 0] * shape[1] + cells[:, 1]) * shape[2] + cells[:, 2]
    return np.sort(np.unique(keys, return_index=True)[1])


def distance_to_others(xyz: np.ndarray, others: np.ndarray, reach: float = 0.3) -> np.ndarray:
    """Distance of each of ``xyz`` [p, 3] to its nearest of ``others`` [q, 3]; exact, infinite when there is none.

    A tree over the neighbourhood settles every point with an answer within ``reach``. For the others the answer is an upper
    bound that says how far a second tree must reach: much less work than a tree over the whole scene per object.
    """
    distance = _nearest(xyz, others, reach)
    far = distance > reach
    if far.any():
        distance[far] = _nearest(xyz[far], others, distance.max())
    return distance


def _nearest(xyz: np.ndarray, others: np.ndarray, reach: float) -> np.ndarray:
    """Distance [p] to the nearest of those ``others`` that lie in the bounding box of ``xyz`` widened by ``reach``."""
    low, high = xyz.min(0) - reach, xyz.max(0) + reach
    inside = np.ones(len(others), dtype=bool)
    for axis in range(3):
        inside &= (others[:, axis] >= low[axis]) & (others[:, axis] <= high[axis])
    if not inside.any():
        return np.full(len(xyz), np.inf)
    # unbalanced: built several times faster, and each tree answers few questions
    tree = cKDTree(others[inside], leafsize=32, balanced_tree=False, compact_nodes=False)
    return tree.query(xyz)[0]


def inmost_clicks(xyz: np.ndarray, instance: np.ndarray, voxel_size: float = 0.05) -> tuple[np.ndarray, np.ndarray]:
    """The click of interactive-segmentation benchmarks: the point of an instance that is farthest from everything else.

    Looks at one point per voxel; an instance that owns no such point gets no click. Points [K] and instances [K], increasing.
    """
    keep = first_per_voxel(xyz, voxel_size)
    xyz, owner = xyz[keep].astype(np.float64), instance[keep]
    points, instances = [], []
    for k, members in enumerate(points_of_instances(owner)):
        if len(members):
            distance = distance_to_others(xyz[members], xyz[owner != k])
            points.append(keep[members[distance.argmax()]])
            instances.append(k)
    return np.array(points, dtype=np.int64), np.array(instances, dtype=np.int64)


@TRANSFORMS.register_module()
class ClickPrompts:
    """Add one click per instance: ``rule='random'`` for training, ``'inmost'`` (deterministic) for tests."""

    def __init__(self, rule: str = 'random', voxel_size: float = 0.05) -> None:
        if rule not in ('random', 'inmost'):
            raise ConfigError(f"ClickPrompts.rule must be 'random' or 'inmost', got {rule!r}")
        self.rule = rule
        self.voxel_size = voxel_size  # metres, rule 'inmost' only

    def __call__(self, sample: SampleDict) -> SampleDict:
        if sample.get('instance') is None:
            return sample
        points, instances = self._clicks(sample)
        sample['click_points'] = points
        sample['click_instance'] = instances
        return sample

    def _clicks(self, sample: SampleDict) -> Sequence[np.ndarray]:
        if self.rule == 'random':
            return random_clicks(sample['xyz'], sample['instance'], sample['rng'])
        return inmost_clicks(sample['xyz'], sample['instance'], self.voxel_size)
