"""Superpoints of points whose normals and neighbours are known."""

import numpy as np

from uniseg3d.superpoints.edge_order import edges_by_weight
from uniseg3d.superpoints.mesh_graph import edge_weights
from uniseg3d.superpoints.relabel import relabel
from uniseg3d.superpoints.union_find import merge_components
from uniseg3d.utils.errors import DataError


def graph_superpoints(
    points: np.ndarray, normals: np.ndarray, edges: np.ndarray, k_threshold: float = 0.01, min_vertices: int = 20
) -> np.ndarray:
    """Superpoint id 0..M-1 of each point, [N] int64; ``points`` and ``normals`` [N, 3] float32, ``edges`` [E, 2].

    The first end of an edge, and of equal weights the edge that comes first, decide where there is a choice.
    """
    if points.shape != normals.shape or edges.ndim != 2 or edges.shape[1] != 2:
        shapes = f'{points.shape}, {normals.shape} and {edges.shape}'
        raise DataError(f'points, normals and edges have shapes {shapes}; expected [N, 3], [N, 3] and [E, 2]')
    if edges.size and not 0 <= edges.min() <= edges.max() < len(points):
        raise DataError(f'edges name points {edges.min()}..{edges.max()}; there are only 0..{len(points) - 1}')
    ordered, weights = edges_by_weight(edges, edge_weights(points, normals, edges))
    return relabel(merge_components(ordered, weights, len(points), np.float32(k_threshold), min_vertices))
