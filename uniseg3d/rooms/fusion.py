"""Depth images to one mesh: nearby points are averaged, neighbouring pixels become triangles."""

import numpy as np
from numba import njit
from scipy import sparse
from scipy.sparse.csgraph import connected_components

_LONGEST_EDGE = 3.0  # in voxels; longer ones bridge a depth jump or a gap in the sampling
_MERGE_DISTANCE = 0.65  # in voxels
_SMALLEST_PIECE = 20  # vertices; smaller pieces float in the air


def fuse(
    points: np.ndarray,  # [V, H, W, 3] world, metres
    valid: np.ndarray,  # [V, H, W] bool
    color: np.ndarray,  # [V, H, W, 3] uint8
    label: np.ndarray,  # [V, H, W] int32
    eyes: np.ndarray,  # [V, 3] camera positions
    voxel: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Vertices [N, 3] float32, colours [N, 3] uint8, labels [N] int32 and triangles [T, 3] int32 facing the cameras.

    A vertex is the mean of the pixels in a voxel, with the label of their majority; its neighbours of the same label
    closer than about half a voxel are merged into it, so that noise does not split a plane into two layers of voxels.
    """
    low = points[valid].min(axis=0) - voxel
    shape = np.ceil((points[valid].max(axis=0) + voxel - low) / voxel).astype(np.int64) + 1
    cells = np.full(shape.prod(), -1, np.int32)
    pixel_vertex, sums, votes = _average(points, valid, color, label, low, voxel, shape, cells)
    target = _merge_close(sums, votes, cells, shape, low, voxel, _MERGE_DISTANCE * voxel)
    moved = np.flatnonzero(target != np.arange(len(target)))
    np.add.at(sums, target[moved], sums[moved])
    means = sums[:, 1:] / sums[:, :1]
    pixel_vertex = np.where(pixel_vertex >= 0, target[pixel_vertex], -1)
    triangles = _triangles(pixel_vertex, means[:, :3], eyes, _LONGEST_EDGE * voxel)
    kept, triangles = _drop_small_pieces(triangles, len(means))
    colors = np.rint(means[kept, 3:]).clip(0, 255).astype(np.uint8)
    return means[kept, :3].astype(np.float32), colors, votes[kept, 0].astype(np.int32), triangles


@njit(cache=True)
def _average(points, valid, color, label, low, voxel, shape, cells):  # type: ignore[no-untyped-def]
    """Vertex of every pixel; per vertex the sums (count, xyz, rgb) and the majority vote (label, lead)."""
    views, height, width = valid.shape
    pixel_vertex = np.full(valid.shape, -1, np.int32)
    most = valid.sum()
    sums = np.zeros((most, 7))
    votes = np.zeros((most, 2), np.int64)
    count = 0
    for view in range(views):
        for row in range(height):
            for column in range(width):
                if not valid[view, row, column]:
                    continue
                point = points[view, row, column]
                cell = 0
                for i in range(3):
                    cell = cell * shape[i] + int((point[i] - low[i]) / voxel)
                if cells[cell] < 0:
                    cells[cell] = count
                    count += 1
                vertex = cells[cell]
                pixel_vertex[view, row, column] = vertex
                sums[vertex, 0] += 1
                for i in range(3):
                    sums[vertex, 1 + i] += point[i]
                    sums[vertex, 4 + i] += color[view, row, column, i]
                # Boyer-Moore: the label left over when unlike pairs are struck out
                if votes[vertex, 1] == 0:
                    votes[vertex, 0] = label[view, row, column]
                votes[vertex, 1] += 1 if votes[vertex, 0] == label[view, row, column] else -1
    return pixel_vertex, sums[:count].copy(), votes[:count].copy()


@njit(cache=True)
def _merge_close(sums, votes, cells, shape, low, voxel, distance):  # type: ignore[no-untyped-def]
    """For every vertex the vertex it becomes part of: itself, or the heaviest close neighbour of the same label."""
    count = len(sums)
    target = np.arange(count)
    means = sums[:, 1:4] / sums[:, :1]
    for vertex in np.argsort(-sums[:, 0], kind='mergesort'):
        x = int((means[vertex, 0] - low[0]) / voxel)
        y = int((means[vertex, 1] - low[1]) / voxel)
        z = int((means[vertex, 2] - low[2]) / voxel)
        best = vertex
        for i in range(max(x - 1, 0), min(x + 2, shape[0])):
            for j in range(max(y - 1, 0), min(y + 2, shape[1])):
                for k in range(max(z - 1, 0), min(z + 2, shape[2])):
                    other = cells[(i * shape[1] + j) * shape[2] + k]
                    # only into heavier vertices that stayed themselves: no chains
                    if other < 0 or target[other] != other or votes[other, 0] != votes[vertex, 0]:
                        continue
                    heavier = sums[other, 0] > sums[best, 0] or (sums[other, 0] == sums[best, 0] and other < best)
                    if heavier and _squared_gap(means[vertex], means[other]) < distance * distance:
                        best = other
        target[vertex] = best
    return target


def _triangles(pixel_vertex: np.ndarray, means: np.ndarray, eyes: np.ndarray, longest: float) -> np.ndarray:
    candidates, edges = _candidates(pixel_vertex, means, eyes, longest)
    # short ones first: they follow the surface best (16 bits, because numpy sorts those in linear time)
    order = np.argsort((edges / longest * 65535).astype(np.uint16), kind='stable')
    return _sheet(candidates[order], len(means))


@njit(cache=True)
def _candidates(pixel_vertex, means, eyes, longest):  # type: ignore[no-untyped-def]
    """Triangles [T, 3] over three neighbouring pixels, turned towards their camera, and their longest edges [T]."""
    views, height, width = pixel_vertex.shape
    triangles = np.empty((2 * views * height * width, 3), np.int32)
    edges = np.empty(len(triangles), np.float32)
    count = 0
    for view in range(views):
        for row in range(height - 1):
            for column in range(width - 1):
                for half in range(2):
                    a = pixel_vertex[view, row + half, column + half]
                    b = pixel_vertex[view, row + 1 - half, column + half]
                    c = pixel_vertex[view, row + half, column + 1 - half]
                    if min(a, b, c) < 0 or a in (b, c) or b == c:
                        continue
                    edge = np.sqrt(
                        max(
                            _squared_gap(means[a], means[b]),
                            _squared_gap(means[b], means[c]),
                            _squared_gap(means[c], means[a]),
                        )
                    )
                    # pixels turn counter-clockwise; means that turn the other way would fold the surface over
                    if edge > longest or _facing(means[a], means[b], means[c], eyes[view]) <= 0:
                        continue
                    triangles[count] = a, b, c
                    edges[count] = edge
                    count += 1
    return triangles[:count].copy(), edges[:count].copy()


@njit(cache=True)
def _squared_gap(a, b):  # type: ignore[no-untyped-def]
    x, y, z = a[0] - b[0], a[1] - b[1], a[2] - b[2]
    return x * x + y * y + z * z


@njit(cache=True)
def _facing(a, b, c, eye):  # type: ignore[no-untyped-def]
    """Positive if the triangle turns counter-clockwise as seen from ``eye``. Scalars: small arrays would cost most time."""
    x, y, z = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    u, v, w = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    return (y * w - z * v) * (eye[0] - a[0]) + (z * u - x * w) * (eye[1] - a[1]) + (x * v - y * u) * (eye[2] - a[2])


@njit(cache=True)
def _sheet(triangles, vertices):  # type: ignore[no-untyped-def]
    """Keep a triangle unless a kept one runs along one of its edges the same way round, or is the same seen from behind."""
    size = 64
    while size < 16 * len(triangles):
        size *= 2
    table = np.full(size, -1, np.int64)  # of edges, and of whole triangles
    kept = np.zeros(len(triangles), np.bool_)
    for index in range(len(triangles)):
        a, b, c = triangles[index]
        low, high = min(a, b, c), max(a, b, c)
        whole = _key(_key(low, a + b + c - low - high, vertices) + vertices, high, vertices)
        keys = (_key(a, b, vertices), _key(b, c, vertices), _key(c, a, vertices), whole)
        taken = False
        for key in keys:
            taken |= table[_slot(table, key)] == key
        if not taken:
            kept[index] = True
            for key in keys:
                table[_slot(table, key)] = key
    return triangles[kept]


@njit(cache=True)
def _key(start, stop, vertices):  # type: ignore[no-untyped-def]
    return np.int64(start) * vertices + stop


@njit(cache=True)
def _slot(table, key):  # type: ignore[no-untyped-def]
    """Place of ``key`` in an open-addressing hash table, or the free place where it belongs."""
    mask = len(table) - 1
    place = ((key * 0x9E3779B1) >> 13) & mask
    while table[place] >= 0 and table[place] != key:
        place = (place + 1) & mask
    return place


def _drop_small_pieces(triangles: np.ndarray, vertices: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the vertices that stay, ascending, and the triangles in terms of them."""
    starts, stops = triangles[:, [0, 1]].reshape(-1), triangles[:, [1, 2]].reshape(-1)
    graph = sparse.coo_matrix((np.ones(len(starts), np.int8), (starts, stops)), (vertices, vertices))
    _, piece = connected_components(graph, directed=False)
    keep = np.bincount(piece)[piece] >= _SMALLEST_PIECE
    renumbered = np.cumsum(keep) - 1
    return np.flatnonzero(keep), renumbered[triangles[keep[triangles[:, 0]]]].astype(np.int32)
