"""Rotations as matrices that act on column vectors: ``x' = R x``, for rows of points ``xyz @ R.T``."""

import numpy as np


def rotation_z(angle: float) -> np.ndarray:
    """Matrix [3, 3] of a turn by ``angle`` radians about z, counter-clockwise seen from above."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def transform_points(matrix: np.ndarray, xyz: np.ndarray) -> np.ndarray:
    """Apply a rigid or affine matrix [4, 4] to points [N, 3], in float64."""
    return xyz.astype(np.float64) @ matrix[:3, :3].T + matrix[:3, 3]
