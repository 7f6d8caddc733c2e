"""Nearest points of a cloud, by a tree that is built once and asked often."""

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from uniseg3d.utils.errors import DataError


class PointTree:
    """Search tree over points [M, 3], M >= 1; the search runs on the CPU in float64, answers lie where the questions do."""

    def __init__(self, points: Tensor, name: str = 'cloud') -> None:
        _check(points, name)
        self._tree = cKDTree(points.detach().cpu().double().numpy())

    def nearest(self, points: Tensor, name: str = 'points') -> tuple[Tensor, Tensor]:
        """Distance [N] float64 and index [N] int64 of the nearest point for every one of ``points`` [N, 3]."""
        distance, index = self._ask(points, name, 1)
        return torch.from_numpy(distance[:, 0]).to(points.device), torch.from_numpy(index[:, 0]).to(points.device)

    def neighbors(self, points: Tensor, count: int, name: str = 'points') -> Tensor:
        """Indices [N, K] int64 of the nearest points, nearest first; K is ``count``, or M if there are fewer."""
        return torch.from_numpy(self._ask(points, name, min(count, self._tree.n))[1]).to(points.device)

    def _ask(self, points: Tensor, name: str, count: int) -> tuple[np.ndarray, np.ndarray]:
        _check(points, name)
        queries = points.detach().cpu().double().numpy()
        return self._tree.query(queries, list(range(1, count + 1)), workers=torch.get_num_threads())


def _check(points: Tensor, name: str) -> None:
    if not len(points) or not points.isfinite().all():
        raise DataError(f'{name}: {len(points)} points, expected at least one, without NaN or Inf')
