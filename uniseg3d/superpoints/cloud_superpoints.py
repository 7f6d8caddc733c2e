"""Superpoints of a raw cloud: no mesh, no labels, no compiler."""

from dataclasses import dataclass

import numpy as np

from uniseg3d.superpoints.cloud_input import check_amount, checked_cloud
from uniseg3d.superpoints.edge_order import edges_by_weight
from uniseg3d.superpoints.relabel import relabel
from uniseg3d.superpoints.union_find import merge_components
from uniseg3d.superpoints.voxel_graph import VoxelGraph, closed_graph, moment_normals, spread_moments, voxel_graph


@dataclass(frozen=True)
class CloudSuperpointOptions:
    """What decides the superpoints of a raw cloud. The same values as a dict are the key of the disk cache."""

    voxel_size: float | None = None  # metres; None: the smallest of 1, 1.5, 2.25, ... times 2 cm at which the surface is closed
    k_threshold: float = 0.05  # larger values make larger superpoints
    color_weight: float = 0.5  # 0 looks at the shape alone; 1: black against white weighs as much as a right angle
    min_voxels: int = 6  # smaller superpoints join a neighbour, if they have one

    def __post_init__(self) -> None:
        for name in ('k_threshold', 'color_weight', 'min_voxels'):
            check_amount(f'superpoint option {name}', getattr(self, name))
        if self.voxel_size is not None:
            check_amount('superpoint option voxel_size', self.voxel_size, positive=True)


def cloud_superpoints(
    xyz: np.ndarray, colors: np.ndarray | None = None, options: CloudSuperpointOptions = CloudSuperpointOptions()
) -> np.ndarray:
    """Superpoint id 0..M-1 of each point, [N] int64.

    Args:
        xyz: [N, 3], metres.
        colors: [N, 3], 0..255, or None.
    """
    xyz, colors = checked_cloud(xyz, colors)
    graph = closed_graph(xyz) if options.voxel_size is None else voxel_graph(xyz, options.voxel_size)
    pairs, weights = edges_by_weight(graph.pairs, _edge_weights(graph, colors, options.color_weight))
    roots = merge_components(pairs, weights, len(graph.moments), np.float32(options.k_threshold), options.min_voxels)
    return relabel(roots)[graph.voxel_of_point]


def _edge_weights(graph: VoxelGraph, colors: np.ndarray | None, color_weight: float) -> np.ndarray:
    normals = moment_normals(spread_moments(graph.moments, graph.pairs))
    first, second = graph.pairs.T
    weights = 1 - np.abs(np.einsum('ed,ed->e', normals[first], normals[second]))
    if colors is not None and color_weight:
        mean = graph.means(colors / 255.0)
        weights += color_weight * np.linalg.norm(mean[first] - mean[second], axis=1)
    return weights.astype(np.float32)
