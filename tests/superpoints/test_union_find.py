"""Merging against a straightforward implementation with sets."""

import numpy as np
import pytest

from uniseg3d.superpoints.union_find import merge_components


def reference(edges: np.ndarray, weights: np.ndarray, count: int, k: float, minimum: int) -> list[set[int]]:
    """Components by moving members between sets."""
    component = {v: v for v in range(count)}
    members = {v: {v} for v in range(count)}
    limit = {v: np.float32(k) for v in range(count)}

    def join(a: int, b: int) -> None:
        for vertex in members[b]:
            component[vertex] = a
        members[a] |= members.pop(b)

    for (u, v), weight in zip(edges.tolist(), weights, strict=True):
        a, b = component[u], component[v]
        if a != b and weight <= limit[a] and weight <= limit[b]:
            join(a, b)
            limit[a] = weight + np.float32(k) / np.float32(len(members[a]))
    for u, v in edges.tolist():
        a, b = component[u], component[v]
        if a != b and min(len(members[a]), len(members[b])) < minimum:
            join(a, b)
    return sorted(members.values(), key=min)


@pytest.mark.parametrize('seed', range(5))
def test_components_equal_the_reference(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = 80
    edges = rng.integers(0, count, (300, 2))
    weights = np.sort(rng.exponential(0.05, 300).astype(np.float32))
    weights[-20:] = np.nan
    roots = merge_components(edges, weights, count, np.float32(0.05), 4)
    found = sorted(({v for v in range(count) if roots[v] == root} for root in set(roots.tolist())), key=min)
    assert found == reference(edges, weights, count, 0.05, 4)


def test_no_edges_leave_every_vertex_alone() -> None:
    roots = merge_components(np.zeros((0, 2), np.int64), np.zeros(0, np.float32), 3, np.float32(1), 20)
    assert roots.tolist() == [0, 1, 2]


def test_equal_ranks_put_the_first_end_below_the_second() -> None:
    edge, weight = np.array([[0, 1]]), np.zeros(1, np.float32)
    assert merge_components(edge, weight, 2, np.float32(1), 1).tolist() == [1, 1]


def test_nan_edges_join_small_components_only() -> None:
    edge, weight = np.array([[0, 1]]), np.full(1, np.nan, np.float32)
    assert merge_components(edge, weight, 2, np.float32(1), 1).tolist() == [0, 1]
    assert merge_components(edge, weight, 2, np.float32(1), 2).tolist() == [1, 1]
