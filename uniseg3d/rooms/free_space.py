"""Where the air is: a coarse grid of the room that tells walkable places and exposed surfaces."""

from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy import ndimage

from uniseg3d.rooms.scene import Room

CELL = 0.05  # metres
_OUTLINE_MARGIN = 0.1  # half a wall: keeps doorways between two rooms inside the grid's air


@dataclass
class FreeSpace:
    """Cells of air that are connected to the largest body of air in the room."""

    origin: np.ndarray  # [3] world position of the grid's lowest corner, metres
    free: np.ndarray  # [X, Y, Z] bool

    def is_free(self, points: np.ndarray) -> np.ndarray:
        """Whether each of ``points`` [N, 3] lies in a free cell; outside the grid nothing is free."""
        cells = np.floor((points - self.origin) / CELL).astype(np.int64)
        inside = ((cells >= 0) & (cells < self.free.shape)).all(axis=1)
        x, y, z = np.where(inside[:, None], cells, 0).T
        return inside & self.free[x, y, z]

    def walkable(self, low: float, high: float, clearance: float) -> np.ndarray:
        """Floor positions [N, 2] with only air between the heights ``low`` and ``high``, ``clearance`` metres from anything."""
        first, last = (round((height - self.origin[2]) / CELL) for height in (low, high))
        column = self.free[:, :, first:last].all(axis=2)
        clear = ndimage.distance_transform_edt(column) * CELL > clearance
        return self.origin[:2] + (np.argwhere(clear) + 0.5) * CELL

    def sight(self, start: np.ndarray, directions: np.ndarray, reach: float) -> np.ndarray:
        """Free distance from ``start`` [3] along unit ``directions`` [D, 3], at most ``reach`` metres."""
        steps = np.arange(1, int(reach / (2 * CELL)) + 1) * 2 * CELL
        points = start + directions[:, None] * steps[:, None]
        blocked = ~self.is_free(points.reshape(-1, 3)).reshape(len(directions), -1)
        return np.where(blocked.any(axis=1), blocked.argmax(axis=1), len(steps)) * 2 * CELL


def find_free_space(room: Room) -> FreeSpace:
    """Fill the air of ``room``: between floor and ceiling height, within its outlines, not cut off by surfaces."""
    floor = np.concatenate(room.outline)
    origin = np.array([*(floor.min(axis=0) - 3 * CELL), -2 * CELL], np.float64)
    top = np.array([*(floor.max(axis=0) + 3 * CELL), room.height + 2 * CELL], np.float64)
    shape = np.ceil((top - origin) / CELL).astype(np.int64)
    solid = np.zeros(tuple(shape), np.bool_)
    _mark_triangles(np.asarray(room.vertices, np.float64), np.ascontiguousarray(room.faces, np.int32), origin, CELL, solid)
    heights = origin[2] + (np.arange(shape[2]) + 0.5) * CELL
    air = ~solid & _inside_outlines(room.outline, origin, shape)[:, :, None] & ((heights > 0) & (heights < room.height))
    bodies, count = ndimage.label(air)
    if count == 0:
        return FreeSpace(origin, air)
    sizes = np.bincount(bodies.reshape(-1), minlength=count + 1)
    sizes[0] = 0
    # two rooms whose doorway is shut by a door leaf are two large bodies: both are air
    return FreeSpace(origin, (sizes > 0.1 * sizes.sum())[bodies])


def _inside_outlines(outlines: list[np.ndarray], origin: np.ndarray, shape: np.ndarray) -> np.ndarray:
    x = origin[0] + (np.arange(shape[0]) + 0.5) * CELL
    y = origin[1] + (np.arange(shape[1]) + 0.5) * CELL
    inside = np.zeros((len(x), len(y)), np.bool_)
    for outline in outlines:
        inside |= _inside_polygon(outline, x[:, None], y[None])
    return ndimage.binary_dilation(inside, iterations=round(_OUTLINE_MARGIN / CELL))


def _inside_polygon(polygon: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    inside = np.zeros(np.broadcast_shapes(x.shape, y.shape), np.bool_)
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if y0 != y1:
            inside ^= ((y0 > y) != (y1 > y)) & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return inside


@njit(cache=True)
def _mark_triangles(vertices, faces, origin, cell, solid):  # type: ignore[no-untyped-def]
    """Sample every triangle finer than the grid and mark the cells."""
    at = np.empty(3, np.int64)
    for index in range(len(faces)):
        a, b, c = vertices[faces[index, 0]], vertices[faces[index, 1]], vertices[faces[index, 2]]
        longest = max(np.abs(b - a).max(), np.abs(c - a).max(), np.abs(c - b).max())
        steps = int(longest / (0.5 * cell)) + 1
        for i in range(steps + 1):
            for j in range(steps + 1 - i):
                for k in range(3):
                    at[k] = np.floor((a[k] + (b[k] - a[k]) * (i / steps) + (c[k] - a[k]) * (j / steps) - origin[k]) / cell)
                x, y, z = at
                if 0 <= x < solid.shape[0] and 0 <= y < solid.shape[1] and 0 <= z < solid.shape[2]:
                    solid[x, y, z] = True
