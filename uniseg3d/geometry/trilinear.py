"""Values between the nodes of a regular grid."""

import numpy as np
from numba import njit


@njit(cache=True)
def sample_grid(grid: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Trilinear interpolation of ``grid`` [X, Y, Z, C] at ``cells`` [N, 3], in units of its nodes; zero outside.

    Returns float64 [N, C].
    """
    size_x, size_y, size_z, channels = grid.shape
    result = np.zeros((len(cells), channels))
    for n in range(len(cells)):
        x, y, z = cells[n]
        if not (0 <= x <= size_x - 1 and 0 <= y <= size_y - 1 and 0 <= z <= size_z - 1):
            continue
        i, j, k = int(x), int(y), int(z)
        fx, fy, fz = x - i, y - j, z - k
        for corner in range(8):
            dx, dy, dz = corner >> 2, (corner >> 1) & 1, corner & 1
            weight = (fx if dx else 1 - fx) * (fy if dy else 1 - fy) * (fz if dz else 1 - fz)
            if weight > 0:  # also keeps a point on the last node from reading past it
                for c in range(channels):
                    result[n, c] += weight * grid[i + dx, j + dy, k + dz, c]
    return result
