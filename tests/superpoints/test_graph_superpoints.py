"""Superpoints of points whose neighbours are known."""

import numpy as np
import pytest

from uniseg3d.superpoints.graph_superpoints import graph_superpoints
from uniseg3d.utils.errors import DataError


def test_points_with_one_normal_are_one():
    points = np.column_stack([np.arange(6), np.zeros(6), np.zeros(6)]).astype(np.float32)
    normals = np.repeat(np.array([[0, 0, 1], [0, 1, 0]], dtype=np.float32), 3, axis=0)
    edges = np.column_stack([np.arange(5), np.arange(1, 6)]).astype(np.int32)
    assert graph_superpoints(points, normals, edges, 0.01, 1).tolist() == [0, 0, 0, 1, 1, 1]
    assert graph_superpoints(points, normals, edges, 0.01, 4).tolist() == [0] * 6  # too small to stay
    assert graph_superpoints(points, normals, edges[:0], 0.01, 4).tolist() == list(range(6))


def test_what_does_not_fit():
    points = np.zeros((2, 3), dtype=np.float32)
    with pytest.raises(DataError, match='expected'):
        graph_superpoints(points, points[:1], np.zeros((1, 2), dtype=np.int32))
    with pytest.raises(DataError, match=r'there are only 0\.\.1'):
        graph_superpoints(points, points, np.array([[0, 2]], dtype=np.int32))
