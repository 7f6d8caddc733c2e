"""Felzenszwalb-Huttenlocher merging: joins along cheap edges until every component is as coherent as its size demands."""

import numpy as np
from numba import njit


@njit(cache=True)
def merge_components(edges: np.ndarray, weights: np.ndarray, count: int, k_threshold: np.float32, minimum: int) -> np.ndarray:
    """Root of each of ``count`` vertices: [N] int64. ``edges`` [E, 2] and ``weights`` [E] float32 sorted by weight, NaN last.

    First every edge joins two components when it is no dearer than either allows; then components of fewer than
    ``minimum`` vertices join a neighbour.
    """
    parent = np.arange(count).astype(np.int32)
    rank = np.zeros(count, np.uint8)
    size = np.ones(count, np.int32)
    threshold = np.full(count, k_threshold, np.float32)
    refused = np.empty(len(edges), np.int64)  # all others end within one component: the second pass need not see them
    refusals = 0
    for edge in range(len(edges)):
        a, b = _find(parent, edges[edge, 0]), _find(parent, edges[edge, 1])
        if a == b:
            continue
        weight = weights[edge]
        if weight <= threshold[a] and weight <= threshold[b]:  # never true for NaN
            root = _join(parent, rank, size, a, b)
            threshold[root] = weight + k_threshold / np.float32(size[root])
        else:
            refused[refusals] = edge
            refusals += 1
    for edge in refused[:refusals]:
        a, b = _find(parent, edges[edge, 0]), _find(parent, edges[edge, 1])
        if a != b and (size[a] < minimum or size[b] < minimum):
            _join(parent, rank, size, a, b)
    roots = np.empty(count, np.int64)
    for vertex in range(count):
        roots[vertex] = _find(parent, vertex)
    return roots


@njit(cache=True)
def _find(parent: np.ndarray, vertex: int) -> int:
    """Root of a vertex; every vertex on the way skips one step from now on."""
    place = np.uint64(vertex)
    above = np.uint64(parent[place])
    while above != place:
        top = np.uint64(parent[above])
        parent[place] = top
        place, above = top, np.uint64(parent[top])
    return place


@njit(cache=True)
def _join(parent: np.ndarray, rank: np.ndarray, size: np.ndarray, a: int, b: int) -> int:
    """Union by rank; equal ranks put ``a`` under ``b``, which decides the numbers of the roots."""
    if rank[a] > rank[b]:
        a, b = b, a
    elif rank[a] == rank[b]:
        rank[b] += 1
    parent[a] = b
    size[b] += size[a]
    return b
