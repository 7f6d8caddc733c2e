"""Polygons of any size as triangles."""

import numpy as np

from uniseg3d.utils.errors import FileFormatError


def triangles(lengths: np.ndarray, indices: np.ndarray, vertex_count: int, where: str) -> np.ndarray:
    """Polygon ``i`` has the next ``lengths[i]`` of ``indices``; each becomes a fan: [F, 3] int64."""
    if (lengths < 3).any():
        row = int(np.flatnonzero(lengths < 3)[0])
        raise FileFormatError(f'{where}: face {row} has {lengths[row]} vertices; at least 3 are needed')
    if not ((indices >= 0) & (indices < vertex_count)).all():
        raise FileFormatError(f'{where}: a face points to a vertex outside 0..{vertex_count - 1}')
    indices, fans = indices.astype(np.int64), lengths - 2
    start = np.repeat(np.cumsum(lengths) - lengths, fans)
    step = np.arange(fans.sum()) - np.repeat(np.cumsum(fans) - fans, fans)
    return indices[np.stack([start, start + step + 1, start + step + 2], axis=1)]
