"""What stands between a bird and the inside of a room: the ceiling, and the walls on the bird's side."""

import numpy as np
from scipy import ndimage

CELL = 0.05  # metres, of the floor plan
CLOSING = 5  # cells; bridges gaps of the scan
CEILING_SLAB = 0.35  # metres below the top that count as ceiling
CEILING_SHARE = 0.05  # of the plan that must be covered for the slab to be a ceiling
WALL_DEPTH = 0.2  # metres cut off on the near side
MIN_KEPT = 0.2  # share of the points; what would lose more is no room but a thing, and stays whole
SKIRTING = 0.1  # metres above the floor that always stay


def inside_view(xyz: np.ndarray, azimuth: float) -> np.ndarray:
    """Points [N] bool of ``xyz`` [N, 3] that stay when the room is seen from above along horizontal ``azimuth``."""
    inside = below_ceiling(xyz) & ~near_side(xyz, azimuth)
    return inside if inside.mean() > MIN_KEPT else np.ones(len(xyz), dtype=bool)


def below_ceiling(xyz: np.ndarray) -> np.ndarray:
    """Points [N] bool under the ceiling; all of them where the room has none."""
    plan, cell = _floor_plan(xyz)
    top = np.quantile(xyz[:, 2], 0.999)
    high = xyz[:, 2] > top - CEILING_SLAB
    covered = np.zeros_like(plan)
    covered[tuple(cell[high].T)] = True
    # seen edge-on, walls cover their own cells; only the inside of the plan tells a ceiling from their tops
    inside = ndimage.binary_erosion(plan, iterations=round(2 * WALL_DEPTH / CELL))
    is_ceiling = inside.any() and (ndimage.binary_dilation(covered) & inside).sum() > CEILING_SHARE * inside.sum()
    return ~high if is_ceiling else np.ones(len(xyz), dtype=bool)


def near_side(xyz: np.ndarray, azimuth: float) -> np.ndarray:
    """Points [N] bool above the skirting, at most ``WALL_DEPTH`` from the edge of the plan that faces the camera."""
    plan, cell = _floor_plan(xyz)
    step = WALL_DEPTH / CELL * np.array([np.cos(azimuth), np.sin(azimuth)])
    edge = plan & ~ndimage.shift(plan.astype(np.uint8), np.round(step), order=0).astype(bool)
    floor = np.quantile(xyz[:, 2], 0.01)
    return edge[tuple(cell.T)] & (xyz[:, 2] > floor + SKIRTING)


def _floor_plan(xyz: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Occupied cells seen from above, without holes, [X, Y] bool, and the cell of each point [N, 2]."""
    pad = 2 * CLOSING
    cell = np.floor((xyz[:, :2] - xyz[:, :2].min(0)) / CELL).astype(int) + pad
    plan = np.zeros(cell.max(0) + 1 + pad, dtype=bool)
    plan[tuple(cell.T)] = True
    return ndimage.binary_fill_holes(ndimage.binary_closing(plan, iterations=CLOSING)), cell
