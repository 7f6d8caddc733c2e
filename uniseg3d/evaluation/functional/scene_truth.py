"""Ground truth of a scene as a table of points: how many each superpoint shares with each annotated segment.

Predictions are constant on superpoints, annotations are not: so every count over points that a measure needs is a sum of
entries of this table, and no measure looks at the points again.
"""

from dataclasses import dataclass

import numpy as np

from uniseg3d.utils.errors import DataError

CHUNK = 2**26  # numbers that a stack of masks may take at once


@dataclass(frozen=True, eq=False)
class SceneTruth:
    """S segments, one for each pair of class and instance that has points, over M superpoints; E entries hold points."""

    semantic: np.ndarray  # [S] int64, 0..C, C = void
    instance: np.ndarray  # [S] int64, -1 = no instance
    superpoint: np.ndarray  # [E] int64
    segment: np.ndarray  # [E] int64
    points: np.ndarray  # [E] int64, never zero
    superpoints: int  # M

    @classmethod
    def count(cls, superpoints: np.ndarray, semantic: np.ndarray, instance: np.ndarray) -> 'SceneTruth':
        """Read the points once: superpoint 0..M-1, class 0..C and instance (-1 = none) of each, all [N] int64."""
        if not len(superpoints) == len(semantic) == len(instance):
            raise DataError(
                f'prediction covers {len(superpoints)} points, expected the {len(semantic)} of the ground truth '
                f'({len(instance)} instance ids)'
            )
        instances, total = int(instance.max()) + 2, int(superpoints.max()) + 1
        pair = semantic * instances + instance + 1  # [N]
        present = np.flatnonzero(np.bincount(pair))  # [S]
        number = np.zeros(int(present[-1]) + 1, dtype=np.int64)
        number[present] = np.arange(len(present))
        cells = np.bincount(superpoints * len(present) + number[pair], minlength=total * len(present))
        held = np.flatnonzero(cells)
        return cls(
            semantic=present // instances,
            instance=present % instances - 1,
            superpoint=held // len(present),
            segment=held % len(present),
            points=cells[held],
            superpoints=total,
        )

    @property
    def sizes(self) -> np.ndarray:
        """Points of each superpoint [M]."""
        return np.bincount(self.superpoint, self.points, self.superpoints).astype(np.int64)

    @property
    def segment_sizes(self) -> np.ndarray:
        """Points of each segment [S]."""
        return np.bincount(self.segment, self.points, len(self.semantic)).astype(np.int64)

    def inside(self, masks: np.ndarray) -> np.ndarray:
        """Points of each segment in each of the ``masks`` [n, M] bool: [n, S] int64."""
        table = np.zeros((self.superpoints, len(self.semantic)))  # float64 counts points exactly, and multiplies fast
        table[self.superpoint, self.segment] = self.points
        rows = max(1, CHUNK // self.superpoints)
        parts = [masks[start : start + rows].astype(np.float64) @ table for start in range(0, len(masks), rows)]
        return np.concatenate([np.zeros((0, table.shape[1])), *parts]).astype(np.int64)

    def instance_iou(self, masks: np.ndarray, instance: np.ndarray) -> np.ndarray:
        """IoU over points of each mask [K, M] with its instance [K], 0 where that is -1: [K] float64."""
        return self._iou(masks, (self.instance == instance[:, None]) & (self.instance >= 0))

    def union_iou(self, masks: np.ndarray, meant: np.ndarray) -> np.ndarray:
        """The same with the instances that are ``meant`` [K, n] bool, taken together; 0 where none is."""
        padded = np.pad(meant, ((0, 0), (0, 1)))  # segments without an instance, -1, read the last column
        return self._iou(masks, padded[:, self.instance])

    def _iou(self, masks: np.ndarray, own: np.ndarray) -> np.ndarray:
        """IoU over points of each mask [K, M] with its ``own`` segments [K, S] bool."""
        inside = self.inside(masks)
        shared, true = (inside * own).sum(1), (own * self.segment_sizes).sum(1)
        return shared / (inside.sum(1) + true - shared).clip(min=1)
