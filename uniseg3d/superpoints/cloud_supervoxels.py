"""Supervoxels of a raw cloud: compact pieces of one size that keep to one side of creases and colour edges.

Clusters grow from seeds over touching voxels, always by the voxel that is closest to the mean of the cluster it would join
(simple non-iterative clustering, Achanta and Suesstrunk 2017). One pass, connected by construction.
"""

import heapq
from dataclasses import dataclass

import numpy as np
from numba import njit

from uniseg3d.superpoints.cloud_input import check_amount, checked_cloud
from uniseg3d.superpoints.relabel import relabel
from uniseg3d.superpoints.voxel_graph import VoxelGraph, closed_graph, moment_normals, spread_moments, voxel_graph

AXES = (0, 1, 2, 0, 0, 1), (0, 1, 2, 1, 2, 2)  # entries of a symmetric matrix: three squares, three mixed products
MIXED = np.sqrt([1, 1, 1, 2, 2, 2])  # each mixed product stands for two entries


@dataclass(frozen=True)
class SupervoxelOptions:
    """What decides the supervoxels of a raw cloud. Weights: what one ``size`` of distance is worth."""

    size: float = 0.25  # metres between seeds
    voxel_size: float | None = None  # metres; None: the smallest at which the surface is closed
    normal_weight: float = 1.0  # of a right angle
    color_weight: float = 1.0  # of black against white

    def __post_init__(self) -> None:
        check_amount('supervoxel option size', self.size, positive=True)
        if self.voxel_size is not None:
            check_amount('supervoxel option voxel_size', self.voxel_size, positive=True)
        for name in ('normal_weight', 'color_weight'):
            check_amount(f'supervoxel option {name}', getattr(self, name))


def cloud_supervoxels(
    xyz: np.ndarray, colors: np.ndarray | None = None, options: SupervoxelOptions = SupervoxelOptions()
) -> np.ndarray:
    """Supervoxel id 0..M-1 of each point, [N] int64.

    Args:
        xyz: [N, 3], metres.
        colors: [N, 3], 0..255, or None.
    """
    xyz, colors = checked_cloud(xyz, colors)
    graph = closed_graph(xyz) if options.voxel_size is None else voxel_graph(xyz, options.voxel_size)
    places = graph.means(xyz - xyz.min(0)) / options.size  # [V, 3], one seed per unit cube
    clusters = _grow(_features(graph, places, colors, options), _seeds(places), *_neighbours(graph))
    return relabel(clusters)[graph.voxel_of_point]


def _features(graph: VoxelGraph, places: np.ndarray, colors: np.ndarray | None, options: SupervoxelOptions) -> np.ndarray:
    """Rows [V, F] whose distances are those of places, normals and colours. Normals have no sign, so their squares count."""
    normals = moment_normals(spread_moments(graph.moments, graph.pairs))
    squares = normals[:, AXES[0]] * normals[:, AXES[1]] * MIXED  # two that differ by a right angle lie sqrt(2) apart
    parts = [places, squares * (options.normal_weight / np.sqrt(2))]
    if colors is not None:
        parts.append(graph.means(colors / 255.0) * (options.color_weight / np.sqrt(3)))
    return np.ascontiguousarray(np.concatenate(parts, axis=1))


def _seeds(places: np.ndarray) -> np.ndarray:
    """The voxel [S] closest to the middle of each occupied unit cube."""
    cubes = np.floor(places)
    off = np.square(places - cubes - 0.5).sum(1)
    order = np.lexsort((off, *cubes.T))
    first = np.r_[True, (np.diff(cubes[order], axis=0) != 0).any(1)]
    return order[first]


def _neighbours(graph: VoxelGraph) -> tuple[np.ndarray, np.ndarray]:
    """Neighbours of all voxels one after the other, and where those of each begin [V + 1]."""
    both = np.concatenate([graph.pairs, graph.pairs[:, ::-1]])
    starts = np.zeros(len(graph.moments) + 1, np.int64)
    np.cumsum(np.bincount(both[:, 0], minlength=len(graph.moments)), out=starts[1:])
    return both[np.argsort(both[:, 0], kind='stable'), 1], starts


@njit(cache=True)
def _grow(features: np.ndarray, seeds: np.ndarray, neighbours: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Cluster [V] of every voxel; pieces of the graph without a seed become clusters of their own."""
    count = len(features)
    cluster = np.full(count, -1)
    sums, sizes = np.zeros((len(seeds), features.shape[1])), np.zeros(len(seeds))
    heap = [(0.0, voxel, number) for number, voxel in enumerate(seeds)]
    heapq.heapify(heap)
    next_number, left = len(seeds), 0
    while True:
        while heap:
            _, voxel, number = heapq.heappop(heap)
            if cluster[voxel] >= 0:
                continue
            cluster[voxel] = number
            if number < len(seeds):
                sums[number] += features[voxel]
                sizes[number] += 1
            for other in neighbours[starts[voxel] : starts[voxel + 1]]:
                if cluster[other] < 0:
                    distance = 0.0
                    if number < len(seeds):
                        distance = np.square(features[other] - sums[number] / sizes[number]).sum()
                    heapq.heappush(heap, (distance, other, number))
        while left < count and cluster[left] >= 0:
            left += 1
        if left == count:
            return cluster
        heap.append((0.0, left, next_number))
        next_number += 1
