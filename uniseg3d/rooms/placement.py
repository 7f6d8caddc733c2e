"""Where things may stand: every placement is tried, tested against what is there, and kept only if it fits."""

import numpy as np
from numpy.random import Generator
from scipy import ndimage

from uniseg3d.rooms.collision import Boxes, box_at, contains, overlap, stack
from uniseg3d.rooms.floorplan import Cell, Wall
from uniseg3d.rooms.furniture.catalogue import Range, pick
from uniseg3d.rooms.item import Item, make_item

GRID = 0.1  # metres per cell of the map of free floor
WALKER = 2  # grid cells that a person needs on each side
MIN_FREE = 0.32  # share of the floor that stays connected and walkable
TRIES = 24


class Layout:
    """The state of one room while it is being furnished."""

    def __init__(self, rng: Generator, cell: Cell, split: str) -> None:
        self.rng = rng
        self.cell = cell
        self.split = split
        self.items: list[Item] = []
        self.floor_id = 0  # object id of this room's floor
        self.clear: list[Boxes] = []  # zones that floor furniture must not enter
        self._outside = cell.outside()
        xs = np.arange(cell.low[0] + GRID / 2, cell.high[0], GRID)
        ys = np.arange(cell.low[1] + GRID / 2, cell.high[1], GRID)
        self._points = np.stack(np.meshgrid(xs, ys, indexing='ij'), -1)
        self._blocked = ~cell.inside(self._points)
        self._floor_cells = int((~self._blocked).sum())

    def new(self, kind: str, tag: str = '', **size: float) -> Item:
        """A freshly drawn item of a class; ``size``: d, w or h in metres where it is given."""
        return make_item(self.rng, pick(self.rng, kind, self.split, tag), **size)

    def chance(self, share: float) -> bool:
        """True with probability ``share``."""
        return bool(self.rng.random() < share)

    def annotated(self) -> int:
        """Objects so far that belong to a class."""
        return sum(item.variant.kind != 'clutter' for item in self.items)

    def fits(self, item: Item, margin: float = 0.0, tuck: bool = False) -> bool:
        """Whether the item, as posed, touches nothing it should not.

        ``margin``: metres kept free around it. ``tuck``: only its solid parts count, so a chair may go under a table.
        """
        hull = item.hull()
        if overlap(hull, self._outside, 0.004).any():
            return False
        if self.clear and overlap(hull, stack(self.clear)).any():
            return False
        others = [other for other in self.items if other is not item.support]
        if not others:
            return True
        close = overlap(hull.grown(margin), stack([other.hull() for other in others]))[0]
        if not tuck:
            return not close.any()
        mine = item.solids()
        return not any(overlap(mine, others[i].solids()).any() for i in np.flatnonzero(close))

    def keep(self, item: Item) -> Item:
        """Take a placed item into the room."""
        self.items.append(item)
        if item.z < 1.6:
            self._blocked |= self._covered(item.hull())
        return item

    def walkable(self, item: Item | None = None) -> bool:
        """Whether enough connected free floor is left, counting ``item`` as placed."""
        blocked = self._blocked | self._covered(item.hull()) if item else self._blocked
        return self._largest_free(blocked) >= MIN_FREE

    def stand(self, item: Item, point: np.ndarray, yaw: float, margin: float = 0.0, tuck: bool = False) -> Item | None:
        """Put an item on the floor here, or give it up."""
        item.at(point, yaw)
        item.support = self.floor_id
        return self.keep(item) if self.fits(item, margin, tuck) and self.walkable(item) else None

    def against_wall(self, item: Item, corner: bool = False, gap: float = 0.05, margin: float = 0.0) -> Item | None:
        """Stand an item with its back to some wall, at a corner of the room if asked."""
        for _ in range(TRIES):
            wall = self._wall(item)
            if wall is None:
                return None
            away = -item.extent[0, 0] + self.rng.uniform(0.004, 0.004 + gap)
            # the item's +y points towards the start of the wall
            low, high = item.extent[1, 1] + 0.004, wall.length + item.extent[0, 1] - 0.004
            ends = (low, high) if corner else (self.rng.uniform(low, high),) * 2
            along = ends[self.rng.integers(2)]
            if self.stand(item, wall.point(along, away), wall.yaw, margin):
                return item
        return None

    def freely(self, item: Item, margin: float = 0.3, turned: bool = True) -> Item | None:
        """Stand an item somewhere on the open floor."""
        for _ in range(TRIES):
            point = self.rng.uniform(self.cell.low, self.cell.high)
            yaw = self.rng.integers(4) * np.pi / 2 + (self.rng.normal(0, 0.15) if turned else 0.0)
            if self.stand(item, point, yaw, margin):
                return item
        return None

    def beside(self, item: Item, anchor: Item, x: float, y: float, turn: float = 0.0, tuck: bool = False) -> Item | None:
        """Stand an item at (x, y) of the anchor's frame, turned against it by ``turn`` radians."""
        return self.stand(item, anchor.world(x, y), anchor.yaw + turn, tuck=tuck)

    def on_top(self, item: Item, support: Item, turn: float | None = None, front: float = 1.0) -> Item | None:
        """Lay an item on one of the surfaces of another; ``front`` < 1 leaves that share of its front side empty."""
        surfaces = [part.mesh.bounds for part in support.parts if part.headroom >= item.extent[1, 2]]
        for _ in range(8 if surfaces else 0):
            low, high = surfaces[self.rng.integers(len(surfaces))]
            yaw = self.rng.normal(0, 0.2) if turn is None else turn
            turned = np.abs([[np.cos(yaw), np.sin(yaw)], [np.sin(yaw), np.cos(yaw)]])
            lack = turned @ np.abs(item.extent[:, :2]).max(0)
            lows, highs = low[:2] + lack, high[:2] - lack
            highs[0] = min(highs[0], low[0] + front * (high - low)[0])
            if (lows > highs).any():
                continue
            spot = self.rng.uniform(lows, highs)
            item.support = support
            item.at(support.world(spot[0], spot[1]), support.yaw + yaw, support.z + float(high[2]))
            if self._fits_above(item, support):
                return self.keep(item)
        item.support = None
        return None

    def hang(
        self, item: Item, low: Range, wall: Wall | None = None, along: float | None = None, tuck: bool = False
    ) -> Item | None:
        """Hang an item on a wall, its underside at a height drawn from ``low``."""
        for _ in range(TRIES if along is None else 4):
            chosen = wall or self._wall(item)
            if chosen is None or chosen.length < float(np.ptp(item.extent[:, 1])):
                return None
            place = self.rng.uniform(item.extent[1, 1], chosen.length + item.extent[0, 1]) if along is None else along
            z = float(self.rng.uniform(*low))
            if z + item.extent[1, 2] > chosen.height - 0.02:
                continue
            item.at(chosen.point(place, -item.extent[0, 0] + 0.003), chosen.yaw, z)
            item.support = chosen.object_id
            if not self._in_hole(item, chosen, place) and self._fits_anywhere(item, tuck):
                return self.keep(item)
        return None

    def embed(self, item: Item, wall: Wall, along: float, z: float, away: float) -> Item:
        """Set a door or window into a hole that is cut for it; ``away`` metres from the wall's plane."""
        half, tall = item.size[1] / 2, item.size[2]
        wall.holes.append((along - half, along + half, z, z + tall))
        item.at(wall.point(along, away), wall.yaw, z)
        item.support = wall.object_id
        return self.keep(item)

    def free_zone(self, wall: Wall, along: float, width: float, depth: float, low: float = 0.0, high: float = 9.0) -> None:
        """Keep the floor in front of an opening empty."""
        center = wall.point(along, depth / 2)
        self.clear.append(box_at((center[0], center[1]), (depth, width), wall.yaw, low, high))

    def wall_behind(self, item: Item) -> tuple[Wall, float]:
        """The wall at an item's back and the item's position along it."""
        place = np.array([item.x, item.y])
        facing = [wall for wall in self.cell.walls if np.cos(wall.yaw - item.yaw) > 0.99]
        wall = min(facing, key=lambda one: _distance(one, place))
        return wall, float((place - wall.start) @ wall.direction)

    def _in_hole(self, item: Item, wall: Wall, along: float) -> bool:
        """Whether a hanging item would cover part of a door or window."""
        if 'curtain' in item.variant.kind:
            return False
        left, right = along - item.extent[1, 1], along - item.extent[0, 1]
        top = item.z + item.extent[1, 2]
        return any(left < u1 and right > u0 and item.z < z1 and top > z0 for u0, u1, z0, z1 in wall.holes)

    def _fits_above(self, item: Item, support: Item) -> bool:
        return not overlap(item.solids(), support.solids()).any() and self._fits_anywhere(item, tuck=True)

    def _fits_anywhere(self, item: Item, tuck: bool) -> bool:
        """``fits`` for things that are not on the floor: free zones do not matter."""
        zones, self.clear = self.clear, []
        free = self.fits(item, 0.01, tuck)
        self.clear = zones
        return free

    def _wall(self, item: Item) -> Wall | None:
        """A wall long enough for the item, longer ones more often."""
        walls = [wall for wall in self.cell.walls if wall.length > float(np.ptp(item.extent[:, 1])) + 0.02]
        if not walls:
            return None
        lengths = np.array([wall.length for wall in walls])
        return walls[int(self.rng.choice(len(walls), p=lengths / lengths.sum()))]

    def _covered(self, boxes: Boxes) -> np.ndarray:
        flat = self._points.reshape(-1, 2)
        return contains(boxes, flat).any(0).reshape(self._blocked.shape)

    def _largest_free(self, blocked: np.ndarray) -> float:
        """Share of the floor in the largest region a person can walk in."""
        padded = np.pad(blocked, 1, constant_values=True)
        walk = ndimage.binary_erosion(~padded, iterations=WALKER)
        labels, count = ndimage.label(walk)
        if count == 0:
            return 0.0
        main = labels == 1 + int(np.bincount(labels[labels > 0])[1:].argmax())
        reached = ndimage.binary_dilation(main, iterations=WALKER)
        return float(reached.sum()) / max(self._floor_cells, 1)


def _distance(wall: Wall, place: np.ndarray) -> float:
    """Distance of a floor position from a wall segment, metres."""
    along = np.clip((place - wall.start) @ wall.direction, 0, wall.length)
    return float(np.linalg.norm(place - wall.point(along, 0.0)))
