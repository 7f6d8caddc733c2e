"""Simulated users: which point of an object they click."""

from collections.abc import Callable
from itertools import pairwise
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


def distance_to_others(cloud: np.ndarray, mine: slice, reach: float = 0.5) -> np.ndarray:
    """Distance of each of ``cloud[mine]`` [p, 3] to the nearest of the rest; exact, infinite when there is no rest.

    A tree over the neighbourhood settles every point with an answer within ``reach``. For the others the answer is an upper
    bound that says how far a second tree must reach: much less work than a tree over the whole scene per object.
    """
    distance = _nearest(cloud[mine], cloud, mine, reach)
    far = distance > reach
    if far.any():
        distance[far] = _nearest(cloud[mine][far], cloud, mine, distance.max())
    return distance


def _nearest(xyz: np.ndarray, cloud: np.ndarray, mine: slice, reach: float) -> np.ndarray:
    """Distance [p] to the nearest that is not ``mine`` and lies in the bounding box of ``xyz`` widened by ``reach``."""
    low, high = xyz.min(0) - reach, xyz.max(0) + reach
    others = np.ones(len(cloud), dtype=bool)
    for axis in range(3):
        others &= (cloud[:, axis] >= low[axis]) & (cloud[:, axis] <= high[axis])
    others[mine] = False
    if not others.any():
        return np.full(len(xyz), np.inf)
    # unbalanced: built several times faster, and each tree answers few questions
    tree = cKDTree(cloud[others], leafsize=32, balanced_tree=False, compact_nodes=False)
    return tree.query(xyz)[0]


def inmost_clicks(xyz: np.ndarray, instance: np.ndarray, voxel_size: float = 0.05) -> tuple[np.ndarray, np.ndarray]:
    """The click of interactive-segmentation benchmarks: the point of an instance that is farthest from everything else.

    Looks at one point per voxel; an instance that owns no such point gets no click. Points [K] and instances [K], increasing.
    """
    keep = first_per_voxel(xyz, voxel_size)
    keep = keep[np.argsort(instance[keep], kind='stable')]  # each instance in one piece
    cloud = xyz[keep].astype(np.float64)
    ends = np.cumsum(np.bincount(instance[keep] + 1))
    points, instances = [], []
    for k, (start, end) in enumerate(pairwise(ends)):
        if start < end:
            points.append(keep[start + distance_to_others(cloud, slice(start, end)).argmax()])
            instances.append(k)
    return np.array(points, dtype=np.int64), np.array(instances, dtype=np.int64)


def point_at_distance(xyz: np.ndarray, distance: float) -> int:
    """Row of ``xyz`` [p, 3] whose distance to the mean comes nearest to the fraction ``distance`` of the largest."""
    from_mean = np.linalg.norm(xyz - xyz.mean(0, dtype=np.float64), axis=1)
    return int(np.abs(from_mean - distance * from_mean.max()).argmin())


def clicks_by(pick: Callable[[np.ndarray], int], instance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The ``pick`` among the points [p] of each instance that has any: points [K] and instances [K], increasing."""
    members = points_of_instances(instance)
    instances = [k for k in range(len(members)) if len(members[k])]
    points = [members[k][pick(members[k])] for k in instances]
    return np.array(points, dtype=np.int64), np.array(instances, dtype=np.int64)


@TRANSFORMS.register_module()
class ClickPrompts:
    """Add one click per instance.

    Args:
        rule: 'random' (training): near the centre, from a random sample of the points, instances in random order;
            'inmost' (tests, deterministic): the point farthest from everything else;
            'at_distance': the point whose distance to the centre is ``distance`` times that of the outmost point;
            'anywhere': any point of the instance.
        distance: for 'at_distance': 0 is the centre, 1 the outmost point.
        voxel_size: metres, for 'inmost'.
    """

    RULES = ('random', 'inmost', 'at_distance', 'anywhere')

    def __init__(self, rule: str = 'random', distance: float = 0.0, voxel_size: float = 0.05) -> None:
        if rule not in self.RULES:
            raise ConfigError(f'ClickPrompts.rule must be one of {", ".join(self.RULES)}, got {rule!r}')
        if not 0 <= distance <= 1:
            raise ConfigError(f'ClickPrompts.distance must lie between 0 (centre) and 1 (outmost point), got {distance}')
        self.rule, self.distance, self.voxel_size = rule, distance, voxel_size

    def __call__(self, sample: SampleDict) -> SampleDict:
        if sample.get('instance') is None:
            return sample
        sample['click_points'], sample['click_instance'] = self._clicks(sample['xyz'], sample['instance'], sample['rng'])
        return sample

    def _clicks(self, xyz: np.ndarray, instance: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        if self.rule == 'random':
            return random_clicks(xyz, instance, rng)
        if self.rule == 'inmost':
            return inmost_clicks(xyz, instance, self.voxel_size)
        if self.rule == 'anywhere':
            return clicks_by(lambda members: int(rng.integers(len(members))), instance)
        return clicks_by(lambda members: point_at_distance(xyz[members], self.distance), instance)
