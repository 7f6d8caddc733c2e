"""Superpoints of a raw cloud: no mesh, no labels, no compiler."""

from dataclasses import dataclass

import numpy as np

from uniseg3d.superpoints.edge_order import edges_by_weight
from uniseg3d.superpoints.relabel import relabel
from uniseg3d.superpoints.union_find import merge_components
from uniseg3d.superpoints.voxel_graph import VoxelGraph, moment_normals, spread_moments, voxel_graph
from uniseg3d.utils.errors import ConfigError, DataError

ENOUGH_NEIGHBOURS = 6.0  # a surface sampled well has about 8 occupied neighbours per voxel
FINEST, COARSEST = 0.02, 0.3  # metres; above the coarsest, voxels would swallow objects


@dataclass(frozen=True)
class CloudSuperpointOptions:
    """What decides the superpoints of a raw cloud. The same values as a dict are the key of the disk cache."""

    voxel_size: float | None = None  # metres; None: the smallest of 1, 1.5, 2.25, ... times 2 cm at which the surface is closed
    k_threshold: float = 0.05  # larger values make larger superpoints
    color_weight: float = 0.5  # 0 looks at the shape alone; 1: black against white weighs as much as a right angle
    min_voxels: int = 6  # smaller superpoints join a neighbour, if they have one

    def __post_init__(self) -> None:
        for name in ('k_threshold', 'color_weight', 'min_voxels'):
            if not (_is_number(getattr(self, name)) and 0 <= getattr(self, name) < float('inf')):
                raise ConfigError(f'superpoint option {name} must be finite and not negative, got {getattr(self, name)}')
        if self.voxel_size is not None and not (_is_number(self.voxel_size) and 0 < self.voxel_size < float('inf')):
            raise ConfigError(f'superpoint option voxel_size must be positive metres or None, got {self.voxel_size}')


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float))


def cloud_superpoints(
    xyz: np.ndarray, colors: np.ndarray | None = None, options: CloudSuperpointOptions = CloudSuperpointOptions()
) -> np.ndarray:
    """Superpoint id 0..M-1 of each point, [N] int64.

    Args:
        xyz: [N, 3], metres.
        colors: [N, 3], 0..255, or None.
    """
    xyz, colors = _checked(xyz, colors)
    graph = _closed_graph(xyz) if options.voxel_size is None else voxel_graph(xyz, options.voxel_size)
    pairs, weights = edges_by_weight(graph.pairs, _edge_weights(graph, colors, options.color_weight))
    roots = merge_components(pairs, weights, len(graph.moments), np.float32(options.k_threshold), options.min_voxels)
    return relabel(roots)[graph.voxel_of_point]


def _closed_graph(xyz: np.ndarray) -> VoxelGraph:
    size = FINEST
    graph = voxel_graph(xyz, size)
    while 2 * len(graph.pairs) < ENOUGH_NEIGHBOURS * len(graph.moments) and size < COARSEST:
        size *= 1.5
        graph = voxel_graph(xyz, size)
    return graph


def _edge_weights(graph: VoxelGraph, colors: np.ndarray | None, color_weight: float) -> np.ndarray:
    normals = moment_normals(spread_moments(graph.moments, graph.pairs))
    first, second = graph.pairs.T
    weights = 1 - np.abs(np.einsum('ed,ed->e', normals[first], normals[second]))
    if colors is not None and color_weight:
        mean = _voxel_means(colors / 255.0, graph)
        weights += color_weight * np.linalg.norm(mean[first] - mean[second], axis=1)
    return weights.astype(np.float32)


def _voxel_means(values: np.ndarray, graph: VoxelGraph) -> np.ndarray:
    sums = np.stack([np.bincount(graph.voxel_of_point, weights=column) for column in values.T], axis=1)
    return sums / graph.moments[:, :1]


def _checked(xyz: np.ndarray, colors: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
    xyz = _numbers(xyz, 'points')
    if xyz.ndim != 2 or xyz.shape[1] != 3 or not len(xyz):
        raise DataError(f'a cloud must be [N, 3] with at least one point, got shape {xyz.shape}')
    if colors is None:
        return xyz, None
    colors = _numbers(colors, 'colours')
    if colors.shape != xyz.shape:
        raise DataError(f'colours must be [{len(xyz)}, 3] like the points, got shape {colors.shape}')
    return xyz, colors


def _numbers(values: np.ndarray, name: str) -> np.ndarray:
    values = np.asarray(values)
    if values.dtype.kind not in 'iuf':
        raise DataError(f'{name} are {values.dtype}; expected numbers')
    bad = ~np.isfinite(values).all(-1)
    if bad.any():
        raise DataError(f'{bad.sum()} of {len(values)} {name} are not finite; remove them')
    return values.astype(np.float64, copy=False)
