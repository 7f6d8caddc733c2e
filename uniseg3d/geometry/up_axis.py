"""Which way is up in a scan of rooms: where floors lie, and on which side things stand on them."""

import numpy as np

FLAT = 0.9  # least cosine between a normal and the axis, of surfaces that lie across it
CELL = 4  # of the footprint, in spacings
UPS = ('z', '-z', 'y', '-y', 'x', '-x')
CLEAR_LEAD = 0.1  # by which another direction must beat the usual one
SURE = 0.9  # least score of another direction; noise has about 0.5, rooms have 1.2 and more

# rows: where the new x, y and z come from; all are rotations
ROTATIONS = {
    'z': np.diag([1.0, 1, 1]),
    '-z': np.diag([1.0, -1, -1]),
    'y': np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]),
    '-y': np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]),
    'x': np.array([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]]),
    '-x': np.array([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]]),
}


def up_rotation(up: str) -> np.ndarray:
    """Rotation [3, 3] that turns direction ``up`` (one of ``UPS``) to z."""
    return ROTATIONS[up]


def guess_up(xyz: np.ndarray, normals: np.ndarray, spacing: float, usual: str = 'z') -> str:
    """Direction of up for evenly spaced surface points [S, 3] with unit normals of any sign.

    ``usual`` wins unless another direction is clearly better.
    """
    scores = up_scores(xyz, normals, spacing)
    best = max(scores, key=lambda up: scores[up])
    return best if scores[best] > max(SURE, scores[usual] + CLEAR_LEAD) else usual


def up_scores(xyz: np.ndarray, normals: np.ndarray, spacing: float) -> dict[str, float]:
    """How much each direction looks like up, about 0 to 2.

    Seen from below, a floor covers nearly all of a scan's footprint. Most other level surfaces, such as seats and table tops,
    are in its lower half. And rooms are wider than high.
    """
    low, high = np.percentile(xyz, [0.5, 99.5], axis=0)
    extent = np.maximum(high - low, 1e-9)
    scores = {}
    for axis, name in enumerate('xyz'):
        level = (xyz[:, axis] - low[axis]) / extent[axis]
        across = xyz[:, [i for i in range(3) if i != axis]]
        inside = (np.abs(normals[:, axis]) > FLAT) & (level > 0.08) & (level < 0.92)
        lean = 0.0 if not inside.any() else 0.5 - float(level[inside].mean())  # positive: level things are at the low end
        lean *= min(1.0, 50 * float(inside.mean()))  # a few stray points say nothing
        flatness = 0.5 * (1 - float(extent[axis] / extent.max()))
        margin = 3 * spacing / extent[axis]
        scores[name] = _coverage(across, level, CELL * spacing, margin) + 2 * lean + flatness
        scores[f'-{name}'] = _coverage(across, 1 - level, CELL * spacing, margin) - 2 * lean + flatness
    return scores


def _coverage(across: np.ndarray, level: np.ndarray, cell: float, margin: float) -> float:
    """Share of the footprint's cells whose lowest point lies at the bottom."""
    cells = np.floor((across - across.min(0)) / cell).astype(np.int64)
    keys, cell_of_point = np.unique(cells[:, 0] * (cells[:, 1].max() + 1) + cells[:, 1], return_inverse=True)
    lowest = np.full(len(keys), np.inf)
    np.minimum.at(lowest, cell_of_point, level)
    return float((lowest < margin).mean())
