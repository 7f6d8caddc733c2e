"""Which point lies under the cursor, and what would lie between it and the floor."""

import numpy as np
from scipy.spatial import cKDTree

SAMPLED = 2000  # points whose neighbours tell how dense a scene is
FINEST, COARSEST = 0.02, 0.2  # metres between points, for clicks
OPENING = 0.006  # of the cone around a ray within which a point counts as hit: about half a finger on a screen
CELL, LID, LOWEST = 0.2, 0.3, 1.5  # metres: of the floor, below the ceiling, and from the floor to where none begins
COVERED = 0.4  # share of the cells of the floor that have something above them where there is a ceiling


def pick_point(xyz: np.ndarray, origin: np.ndarray, direction: np.ndarray, radius: float = 0.02) -> int | None:
    """Row of the frontmost point of ``xyz`` [n, 3] that the ray passes, ``None`` if it passes none.

    A point is passed within ``radius`` metres, or, farther away, within a narrow cone. Among those that lie in one depth
    the one nearest to the ray is meant.
    """
    direction = np.asarray(direction, np.float64) / max(float(np.linalg.norm(direction)), 1e-12)
    offset = xyz - np.asarray(origin, np.float64)
    depth = offset @ direction
    aside = np.sqrt(np.maximum((offset**2).sum(1) - depth**2, 0))
    reach = np.maximum(radius, OPENING * depth)
    hit = np.flatnonzero((depth > 0) & (aside <= reach))
    if not len(hit):
        return None
    front = depth[hit].min()
    near = hit[depth[hit] <= front + 2 * np.maximum(radius, OPENING * front)]
    return int(near[aside[near].argmin()])


def usual_spacing(xyz: np.ndarray) -> float:
    """Metres between neighbours among points [n, 3], as far as it matters for clicks and for how large they are drawn."""
    if len(xyz) < 2:
        return FINEST
    some = xyz[:: max(1, len(xyz) // SAMPLED)]
    distance = cKDTree(xyz, balanced_tree=False, compact_nodes=False).query(some, 2)[0][:, 1]
    return float(np.clip(np.median(distance), FINEST, COARSEST))


def below_ceiling(xyz: np.ndarray) -> float:
    """Share of the height of ``xyz`` [n, 3], z up, that hides no ceiling: 1 where there is none."""
    if not len(xyz):
        return 1.0
    low, high = xyz.min(0), xyz.max(0)
    lid = float(np.percentile(xyz[:, 2], 99.5)) - LID  # a few points may lie anywhere
    cells = ((xyz[:, :2] - low[:2]) / CELL).astype(np.int64) @ np.array([1 << 31, 1])
    covered = len(np.unique(cells[xyz[:, 2] > lid])) / len(np.unique(cells))
    return 1.0 if covered < COVERED or lid < low[2] + LOWEST else float((lid - low[2]) / (high[2] - low[2]))
