"""The map of free floor: furniture must leave people a way through the room."""

import numpy as np
from scipy import ndimage

from uniseg3d.rooms.collision import Boxes, contains
from uniseg3d.rooms.floorplan import Cell

GRID = 0.1  # metres per map cell
WALKER = 2  # map cells that a person needs on each side


class Walkway:
    """Which cells of one room's floor are covered."""

    def __init__(self, cell: Cell) -> None:
        xs = np.arange(cell.low[0] + GRID / 2, cell.high[0], GRID)
        ys = np.arange(cell.low[1] + GRID / 2, cell.high[1], GRID)
        grid = np.stack(np.meshgrid(xs, ys, indexing='ij'), -1)
        self._points = grid.reshape(-1, 2)
        self._blocked = ~cell.inside(grid)
        self._floor_cells = int((~self._blocked).sum())
        self._gates: list[int] = []  # cells that must stay connected

    def gate(self, point: np.ndarray) -> None:
        """Demand that the walkable region reaches a point [2], such as a doorway."""
        self._gates.append(int(np.linalg.norm(self._points - point, axis=1).argmin()))

    def block(self, boxes: Boxes) -> None:
        """Mark the floor under boxes as covered."""
        self._blocked |= self._covered(boxes)

    def free_share(self, extra: Boxes | None = None) -> float:
        """Share of the floor in the largest region a person can walk in, with ``extra`` boxes covered too.

        0 if that region misses a gate.
        """
        blocked = self._blocked if extra is None else self._blocked | self._covered(extra)
        square = np.ones((3, 3), bool)
        walk = ndimage.binary_erosion(~np.pad(blocked, 1, constant_values=True), square, iterations=WALKER)
        labels, count = ndimage.label(walk)
        if count == 0:
            return 0.0
        largest = labels == 1 + int(np.bincount(labels.ravel())[1:].argmax())
        reached = ndimage.binary_dilation(largest, iterations=WALKER)
        if not reached[1:-1, 1:-1].ravel()[self._gates].all():
            return 0.0
        return float(reached.sum()) / max(self._floor_cells, 1)

    def _covered(self, boxes: Boxes) -> np.ndarray:
        return contains(boxes, self._points).any(0).reshape(self._blocked.shape)
