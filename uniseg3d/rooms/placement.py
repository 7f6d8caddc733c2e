"""Where things may stand: every placement is tried, tested against what is there, and kept only if it fits."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from uniseg3d.rooms.collision import box_at, overlap, stack
from uniseg3d.rooms.floorplan import Cell, Wall
from uniseg3d.rooms.furniture.catalogue import Range, pick
from uniseg3d.rooms.item import Item, make_item
from uniseg3d.rooms.walkway import Walkway

MIN_FREE = 0.36  # share of the floor that stays connected and walkable
TRIES = 24
BULKY = 0.25  # metres from which a hanging thing is in the way of people


class Layout:
    """The state of one room while it is being furnished."""

    def __init__(self, rng: Generator, cell: Cell, split: str) -> None:
        self.rng = rng
        self.cell = cell
        self.split = split
        self.items: list[Item] = []
        self.floor_id = 0  # object id of this room's floor
        self.budget = 6500  # triangles after which nothing more is added
        self.clear = stack([])  # zones that floor furniture must not enter
        self._hulls = stack([])  # of the items, in their order
        self._outside = cell.outside()
        self.walkway = Walkway(cell)

    def new(self, kind: str, tag: str = '', **size: float) -> Item:
        """A freshly drawn item of a class; ``size``: d, w or h in metres where it is given."""
        return make_item(self.rng, pick(self.rng, kind, self.split, tag), **size)

    def chance(self, share: float) -> bool:
        """True with probability ``share``."""
        return bool(self.rng.random() < share)

    def annotated(self) -> int:
        """Objects so far that belong to a class."""
        return sum(item.variant.kind != 'clutter' for item in self.items)

    def affordable(self) -> bool:
        """Whether the triangle budget is not used up yet."""
        return sum(len(part.mesh.faces) for item in self.items for part in item.parts) < self.budget

    def fits(self, item: Item, margin: float = 0.0, tuck: bool = False) -> bool:
        """Whether the item, as posed, touches nothing it should not.

        ``margin``: metres kept free around it. ``tuck``: only its solid parts count, so a chair may go under a table.
        """
        hull = item.hull()
        if overlap(hull, self._outside, 0.0005).any():
            return False
        if overlap(hull, self.clear).any():
            return False
        close = overlap(hull.grown(margin), self._hulls)[0]
        touched = [self.items[i] for i in np.flatnonzero(close) if self.items[i] is not item.support]
        if not tuck:
            return not touched
        mine = item.solids() if touched else hull
        return not any(overlap(mine, other.solids()).any() for other in touched)

    def keep(self, item: Item) -> Item:
        """Take a placed item into the room."""
        self.items.append(item)
        self._hulls = stack([self._hulls, item.hull()])
        if item.z < 1.6:
            self.walkway.block(item.hull())
        return item

    def stand(self, item: Item, point: np.ndarray, yaw: float, margin: float = 0.0, tuck: bool = False) -> Item | None:
        """Put an item on the floor here, or give it up."""
        return self.keep(item) if self._stands(item, point, yaw, margin, tuck) else None

    def against_wall(
        self,
        item: Item,
        corner: bool = False,
        gap: float = 0.05,
        margin: float = 0.0,
        also: Callable[[], bool] | None = None,
    ) -> Item | None:
        """Stand an item with its back to some wall, at a corner of the room if asked; ``also``: a last condition."""
        for _ in range(TRIES):
            wall = self._wall(item)
            if wall is None:
                return None
            away = -item.extent[0, 0] + self.rng.uniform(0.004, 0.004 + gap)
            # the item's +y points towards the start of the wall
            low, high = item.extent[1, 1] + 0.004, wall.length + item.extent[0, 1] - 0.004
            ends = (low, high) if corner else (self.rng.uniform(low, high),) * 2
            along = ends[self.rng.integers(2)]
            if self._stands(item, wall.point(along, away), wall.yaw, margin) and (also is None or also()):
                return self.keep(item)
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
        surfaces = [part.mesh for part in support.parts if part.headroom >= item.extent[1, 2]]
        item.support = support
        for _ in range(8 if surfaces else 0):
            mesh = surfaces[self.rng.integers(len(surfaces))]
            low, high = mesh.bounds
            yaw = self.rng.normal(0, 0.2) if turn is None else turn
            x, y = self.rng.uniform(low[:2], (low[0] + front * (high - low)[0], high[1]))
            item.at((x, y), yaw)
            if not _lies_within(item.hull().corners()[0], mesh.vertices[:, :2]):
                continue
            item.at(support.world(x, y), support.yaw + yaw, support.z + float(high[2]))
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
            bulky = float(np.ptp(item.extent[:, 0])) > BULKY
            free = self.fits(item, 0.01, tuck) and self._leaves_way(item) if bulky else self._fits_anywhere(item, tuck)
            if free and not self._in_hole(item, chosen, place):
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
        self.clear = stack([self.clear, box_at((center[0], center[1]), (depth, width), wall.yaw, low, high)])

    def wall_behind(self, item: Item) -> tuple[Wall, float]:
        """The wall at an item's back and the item's position along it."""
        place = np.array([item.x, item.y])
        facing = [wall for wall in self.cell.walls if np.cos(wall.yaw - item.yaw) > 0.99]
        wall = min(facing, key=lambda one: _distance(one, place))
        return wall, float((place - wall.start) @ wall.direction)

    def _stands(self, item: Item, point: np.ndarray, yaw: float, margin: float = 0.0, tuck: bool = False) -> bool:
        item.at(point, yaw)
        item.support = self.floor_id
        return self.fits(item, margin, tuck) and self._leaves_way(item)

    def _leaves_way(self, item: Item) -> bool:
        return self.walkway.free_share(item.hull()) >= MIN_FREE

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
        zones, self.clear = self.clear, stack([])
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


def _distance(wall: Wall, place: np.ndarray) -> float:
    """Distance of a floor position from a wall segment, metres."""
    along = np.clip((place - wall.start) @ wall.direction, 0, wall.length)
    return float(np.linalg.norm(place - wall.point(along, 0.0)))


def _lies_within(corners: np.ndarray, outline: np.ndarray) -> bool:
    """Whether points [P, 2] lie in the convex outline of a surface's vertices [V, 2], seen from 16 directions."""
    angles = np.arange(16) * (np.pi / 8)
    directions = np.stack([np.cos(angles), np.sin(angles)])
    return bool(((corners @ directions).max(0) <= (outline @ directions).max(0) + 1e-6).all())
