"""One row per occupied cell: clouds of any density become clouds of one density, and every point knows its row."""

from dataclasses import dataclass

import numpy as np

from uniseg3d.utils.errors import DataError

CHUNK = 1 << 20  # rows that are looked at in float64 at once
MOST_CELLS = 2.0**62


@dataclass
class Cells:
    """C occupied cells over N points, sorted by position."""

    of_point: np.ndarray  # [N] int32
    sizes: np.ndarray  # [C] int64, points per cell

    def __len__(self) -> int:
        return len(self.sizes)

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Mean of [N, K] in each cell: [C, K] float32."""
        columns = [np.bincount(self.of_point, values[:, k], len(self)) / self.sizes for k in range(values.shape[1])]
        return np.stack(columns, axis=1).astype(np.float32)

    def first(self) -> np.ndarray:
        """Index of the first point of each cell [C]."""
        rows = np.zeros(len(self), np.int64)
        rows[self.of_point[::-1]] = np.arange(len(self.of_point) - 1, -1, -1)
        return rows


def occupied_cells(xyz: np.ndarray, size: float, groups: np.ndarray | None = None) -> Cells:
    """Cells of ``size`` that hold points [N, 3]. Points of different ``groups`` [N] (0, 1, ...) never share one."""
    low = xyz.min(0).astype(np.float64)
    shape = np.floor((xyz.max(0) - low) / size) + 1
    count = 1 if groups is None else int(groups.max()) + 1
    if not np.prod(shape) * count < MOST_CELLS:
        raise DataError(f'a cloud of {" x ".join(f"{s:.3g}" for s in shape * size)} m has too many cells of {size:g} m')
    keys = np.empty(len(xyz), np.int64)
    strides = np.array([shape[1] * shape[2], shape[2], 1], np.int64)
    for start in range(0, len(xyz), CHUNK):
        part = slice(start, start + CHUNK)
        keys[part] = np.floor((xyz[part] - low) / size).astype(np.int64) @ strides
        if groups is not None:
            keys[part] = keys[part] * count + groups[part]
    _, of_point, sizes = np.unique(keys, return_inverse=True, return_counts=True)
    return Cells(of_point.astype(np.int32), sizes)
