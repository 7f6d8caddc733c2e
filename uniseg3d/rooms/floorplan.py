"""Outlines of one or two rooms, their walls, and the doorway between them."""

from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator

from uniseg3d.rooms.collision import Boxes, box_at, stack
from uniseg3d.rooms.shapes import Mesh, loft, panel

PARTITION = 0.12  # thickness of the wall between two rooms, metres


@dataclass
class Wall:
    """One straight wall; the outline runs counter-clockwise, so the room is on its left."""

    start: np.ndarray  # [2]
    end: np.ndarray  # [2]
    height: float
    holes: list[tuple[float, float, float, float]] = field(default_factory=list)  # along from start, z: (u0, u1, z0, z1)
    object_id: int = -1

    @property
    def length(self) -> float:
        """Metres from start to end."""
        return float(np.linalg.norm(self.end - self.start))

    @property
    def direction(self) -> np.ndarray:
        """Unit vector from start to end, [2]."""
        return (self.end - self.start) / self.length

    @property
    def normal(self) -> np.ndarray:
        """Unit vector into the room, [2]."""
        return np.array([-self.direction[1], self.direction[0]])

    @property
    def yaw(self) -> float:
        """Heading of the normal, radians: furniture with its back to the wall has this yaw."""
        return float(np.arctan2(self.normal[1], self.normal[0]))

    def point(self, along: float, away: float) -> np.ndarray:
        """Floor position ``along`` metres from the start and ``away`` metres into the room, [2]."""
        return self.start + along * self.direction + away * self.normal

    def mesh(self) -> Mesh:
        """The wall's surface with its holes."""
        flat = panel(self.length, self.height, self.holes)
        u, z = flat.vertices[:, 0], flat.vertices[:, 1]
        at = self.start + u[:, None] * self.direction
        return Mesh(np.column_stack([at, z]), flat.faces[:, ::-1])


@dataclass
class Cell:
    """One room: a rectangle, maybe without one corner."""

    low: np.ndarray  # [2] corner of the bounding rectangle
    high: np.ndarray  # [2]
    notch: tuple[np.ndarray, np.ndarray] | None  # corners of the missing rectangle (low, high)
    walls: list[Wall]
    doorway: tuple[Wall, float, float] | None = None  # wall, middle along it, width

    @property
    def outline(self) -> np.ndarray:
        """Counter-clockwise floor polygon, [P, 2]."""
        return np.array([wall.start for wall in self.walls])

    @property
    def area(self) -> float:
        """Floor area, square metres."""
        missing = float(np.prod(self.notch[1] - self.notch[0])) if self.notch else 0.0
        return float(np.prod(self.high - self.low)) - missing

    def outside(self) -> Boxes:
        """What lies around the floor, as boxes no furniture may enter."""
        middle, size, thick = (self.low + self.high) / 2, self.high - self.low, 2.0
        boxes = []
        for axis in (0, 1):
            for side in (-1, 1):
                center, extent = middle.copy(), size + 2 * thick
                center[axis] += side * (size[axis] + thick) / 2
                extent[axis] = thick
                boxes.append(box_at((center[0], center[1]), (extent[0], extent[1]), low=-1.0))
        if self.notch:
            center, extent = (self.notch[0] + self.notch[1]) / 2, self.notch[1] - self.notch[0]
            boxes.append(box_at((center[0], center[1]), (extent[0], extent[1]), low=-1.0))
        return stack(boxes)

    def floor(self, z: float = 0.0) -> Mesh:
        """The floor at height ``z``."""
        size, hole = self.high - self.low, []
        if self.notch:
            (x0, y0), (x1, y1) = self.notch[0] - self.low, self.notch[1] - self.low
            hole = [(x0, x1, y0, y1)]
        return panel(size[0], size[1], hole).moved(self.low[0], self.low[1], z)

    def inside(self, points: np.ndarray) -> np.ndarray:
        """Which points [..., 2] are on the floor."""
        within = np.all((points >= self.low) & (points <= self.high), axis=-1)
        if self.notch:
            within = within & ~np.all((points > self.notch[0]) & (points < self.notch[1]), axis=-1)
        return np.asarray(within)


def single(rng: Generator, height: float, small: bool) -> Cell:
    """One room of its own: rectangular or L-shaped."""
    size = rng.uniform(2.8, 4.2, 2) if small else rng.uniform(3.3, 5.9, 2)
    lack = rng.uniform(0.25, 0.45, 2) * size
    l_shaped = not small and size.min() > 4.0 and rng.random() < 0.5
    return make_cell(np.zeros(2), size, height, lack if l_shaped else None, int(rng.integers(4)))


def pair(rng: Generator, height: float, small_second: bool) -> list[Cell]:
    """Two rooms side by side along x, joined by a doorway or a wide opening in the partition."""
    first, second = rng.uniform(3.2, 4.8, 2), rng.uniform(2.6, 4.4, 2)
    if small_second:
        second = rng.uniform(2.6, 3.4, 2)
    shift = rng.uniform(0, max(0.0, first[1] - second[1])) if second[1] < first[1] else 0.0
    cells = [make_cell(np.zeros(2), first, height), make_cell(np.array([first[0] + PARTITION, shift]), second, height)]
    low, high = shift, min(first[1], shift + second[1])
    wide = high - low > 2.4 and not small_second and rng.random() < 0.5
    width = float(rng.uniform(1.3, 2.0) if wide else rng.uniform(0.85, 1.05))
    middle = float(rng.uniform(low + width / 2 + 0.15, high - width / 2 - 0.15))
    top = float(rng.uniform(2.0, 2.15))
    for cell, facing in zip(cells, (-1.0, 1.0), strict=True):
        wall = next(wall for wall in cell.walls if wall.normal[0] * facing > 0.9)
        along = abs(middle - wall.start[1])
        wall.holes.append((along - width / 2, along + width / 2, 0.0, top))
        cell.doorway = (wall, along, width)
    return cells


def make_cell(low: np.ndarray, size: np.ndarray, height: float, lack: np.ndarray | None = None, corner: int = 0) -> Cell:
    """A room at ``low``; ``lack`` is the size of the piece missing at ``corner`` (0..3 counter-clockwise)."""
    high = low + size
    corners = np.array([low, (high[0], low[1]), high, (low[0], high[1])])
    if lack is None:
        return Cell(low, high, None, _walls(corners, height))
    inward = np.sign((low + high) / 2 - corners[corner])
    tip = corners[corner] + inward * lack
    entry, leave = np.array([tip[0], corners[corner][1]]), np.array([corners[corner][0], tip[1]])
    detour = [leave, tip, entry] if corner % 2 == 0 else [entry, tip, leave]
    points = np.concatenate([corners[:corner], detour, corners[corner + 1 :]])
    notch = (np.minimum(tip, corners[corner]), np.maximum(tip, corners[corner]))
    return Cell(low, high, notch, _walls(points, height))


def jambs(cell: Cell) -> tuple[Mesh, Mesh]:
    """The inside of the doorway through the partition: (sides and lintel, threshold)."""
    assert cell.doorway is not None
    wall, middle, width = cell.doorway
    top = wall.holes[0][3]
    outline = np.array([(-width / 2, 0), (width / 2, 0), (width / 2, top), (-width / 2, top)])
    rings = []
    for away in (0.0, -PARTITION):
        at = np.array([wall.point(middle + u, away) for u, _ in outline])
        rings.append(np.column_stack([at, outline[:, 1]]))
    tunnel = loft(np.stack(rings), caps=False)
    bottom = [0, len(outline)]  # the two triangles over the first edge of the outline
    return Mesh(tunnel.vertices, np.delete(tunnel.faces, bottom, 0)), Mesh(
        tunnel.vertices[[0, 1, 4, 5]], np.array([[0, 3, 1], [0, 2, 3]])
    )


def _walls(points: np.ndarray, height: float) -> list[Wall]:
    return [Wall(start, end, height) for start, end in zip(points, np.roll(points, -1, 0), strict=True)]
