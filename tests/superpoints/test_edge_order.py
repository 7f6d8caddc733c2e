"""Order of edges against numpy's stable sort."""

import numpy as np
import pytest

from uniseg3d.superpoints.edge_order import edges_by_weight

ODD = np.array([0.0, -0.0, np.nan, -np.nan, np.inf, -np.inf, 1e-45, -1e-45, 1.0, -1.0], np.float32)


@pytest.mark.parametrize('seed', range(3))
def test_order_equals_a_stable_sort(seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.normal(0, 0.01, 5000).astype(np.float32).round(3)  # many ties
    weights[rng.integers(0, 5000, 500)] = rng.choice(ODD, 500)
    edges = rng.integers(0, 900, (5000, 2))
    order = np.argsort(weights, kind='stable')
    sorted_edges, sorted_weights = edges_by_weight(edges, weights)
    assert np.array_equal(sorted_edges, edges[order])
    assert np.array_equal(sorted_weights, weights[order], equal_nan=True)


def test_types_and_the_inputs_stay() -> None:
    edges, weights = np.array([[0, 1], [1, 2]], np.int32), np.array([2, 1], np.float32)
    sorted_edges, sorted_weights = edges_by_weight(edges, weights)
    assert (sorted_edges.dtype, sorted_weights.dtype) == (np.int32, np.float32)
    assert (edges.tolist(), weights.tolist()) == ([[0, 1], [1, 2]], [2, 1])


def test_no_edges() -> None:
    edges, weights = edges_by_weight(np.zeros((0, 2), np.int64), np.zeros(0, np.float32))
    assert edges.shape == (0, 2) and weights.shape == (0,)
