"""A raw cloud as a graph: occupied voxels, joined where they touch, with the normal and colour of each."""

from dataclasses import dataclass

import numpy as np
from numba import njit

from uniseg3d.utils.errors import DataError

# half of the 26 neighbours; the other half are the same pairs seen from the other side
HALF_NEIGHBOURS = np.array(
    [(dx, dy, dz) for dx in (0, 1) for dy in (-1, 0, 1) for dz in (-1, 0, 1) if (dx, dy, dz) > (0, 0, 0)], dtype=np.int64
)
MAX_CELLS = 2**62
ENOUGH_NEIGHBOURS = 6.0  # a surface sampled well has about 8 occupied neighbours per voxel
FINEST, COARSEST = 0.02, 0.3  # metres; above the coarsest, voxels would swallow objects


@dataclass
class VoxelGraph:
    """V voxels over N points and E pairs of touching voxels."""

    voxel_of_point: np.ndarray  # [N] int64
    moments: np.ndarray  # [V, 10] float64: count, sum of x y z, sum of xx xy xz yy yz zz, relative to the cloud's centre
    pairs: np.ndarray  # [E, 2] int64

    def means(self, values: np.ndarray) -> np.ndarray:
        """Mean of point values [N, C] in each voxel: [V, C]."""
        sums = np.stack([np.bincount(self.voxel_of_point, weights=column) for column in values.T], axis=1)
        return sums / self.moments[:, :1]


def voxel_graph(xyz: np.ndarray, voxel_size: float) -> VoxelGraph:
    """Graph of the occupied voxels of ``xyz`` [N, 3], metres; ``voxel_size`` in metres."""
    with np.errstate(over='ignore'):
        cells = np.floor((xyz - xyz.min(0)) / voxel_size)  # [N, 3]
        shape = cells.max(0) + 3  # a border of empty cells: no neighbour wraps around into the next row
        too_many = not np.prod(shape) <= MAX_CELLS
    if too_many:
        raise DataError(f'a cloud of {xyz.min(0)} to {xyz.max(0)} m has too many voxels of {voxel_size} m; check its unit')
    strides = np.array([shape[1] * shape[2], shape[2], 1], np.int64)
    keys, voxel_of_point = np.unique((cells.astype(np.int64) + 1) @ strides, return_inverse=True)
    moments = _moments(xyz - xyz.mean(0), voxel_of_point, len(keys))
    return VoxelGraph(voxel_of_point, moments, _touching(keys, HALF_NEIGHBOURS @ strides))


def closed_graph(xyz: np.ndarray) -> VoxelGraph:
    """The graph of the smallest voxels at which the surface is closed."""
    size = FINEST
    graph = voxel_graph(xyz, size)
    while 2 * len(graph.pairs) < ENOUGH_NEIGHBOURS * len(graph.moments) and size < COARSEST:
        size *= 1.5
        graph = voxel_graph(xyz, size)
    return graph


@njit(cache=True)
def _moments(xyz: np.ndarray, voxel: np.ndarray, count: int) -> np.ndarray:
    result = np.zeros((count, 10))
    for point in range(len(xyz)):
        row, (x, y, z) = result[voxel[point]], xyz[point]
        row += np.array([1, x, y, z, x * x, x * y, x * z, y * y, y * z, z * z])
    return result


@njit(cache=True)
def _touching(keys: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Pairs (a, b) with keys[b] = keys[a] + step, for every step: one walk of two pointers each, as the keys are sorted."""
    pairs = np.empty((len(keys) * len(steps), 2), np.int64)
    found = 0
    for step in steps:
        b = 0
        for a in range(len(keys)):
            wanted = keys[a] + step
            while b < len(keys) and keys[b] < wanted:
                b += 1
            if b < len(keys) and keys[b] == wanted:
                pairs[found] = a, b
                found += 1
    return pairs[:found]


@njit(cache=True)
def spread_moments(moments: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Moments [V, 10] of each voxel together with its neighbours."""
    result = moments.copy()
    for edge in range(len(pairs)):
        a, b = pairs[edge]
        result[a] += moments[b]
        result[b] += moments[a]
    return result


@njit(cache=True)
def moment_normals(moments: np.ndarray) -> np.ndarray:
    """Direction of least spread [V, 3] of each set of moments; zero where the points do not span a plane. Sign is open."""
    normals = np.zeros((len(moments), 3))
    for row in range(len(moments)):
        covariance = _covariance(moments[row])
        normals[row] = _least_direction(covariance)
    return normals


@njit(cache=True)
def _covariance(moment: np.ndarray) -> np.ndarray:
    n = moment[0]
    mean = moment[1:4] / n
    result = np.empty((3, 3))
    entry = 4
    for i in range(3):
        for j in range(i, 3):
            result[i, j] = result[j, i] = moment[entry] / n - mean[i] * mean[j]
            entry += 1
    return result


@njit(cache=True)
def _least_direction(a: np.ndarray) -> np.ndarray:
    """Eigenvector of the smallest eigenvalue of a symmetric 3x3 matrix, in closed form."""
    centre = np.trace(a) / 3
    shifted = a - centre * np.eye(3)
    scale = np.sqrt((shifted * shifted).sum() / 6)
    if scale <= 1e-12:
        return np.zeros(3)
    half_determinant = min(1.0, max(-1.0, np.linalg.det(shifted / scale) / 2))
    smallest = centre + 2 * scale * np.cos(np.arccos(half_determinant) / 3 + 2 * np.pi / 3)
    rows = a - smallest * np.eye(3)
    best, best_norm = np.zeros(3), 0.0
    for i in range(3):
        candidate = np.cross(rows[i], rows[(i + 1) % 3])
        norm = np.sqrt((candidate * candidate).sum())
        if norm > best_norm:
            best, best_norm = candidate / norm, norm
    # a line or a point: every direction across it is as good as another
    return best if best_norm > 1e-9 * scale * scale else np.zeros(3)
