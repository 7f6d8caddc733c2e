"""A second, slow and plain reading of logical forms: one thing at a time, middle thresholds, boxes only."""

from itertools import product
from math import dist
from typing import Any

import numpy as np

from uniseg3d.rooms.scene import Room, RoomObject
from uniseg3d.rooms.vocabulary import names_of


class PlainReader:
    """Lists the things of which a form holds. It shares no geometry with the package."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.things = [o for o in room.objects if o.raw_category not in ('wall', 'floor', 'ceiling')]

    def matches(self, form: list[Any]) -> list[int]:
        """Object ids."""
        return [o.object_id for o in self.things if self.holds(form, o)]

    def holds(self, form: list[Any], thing: RoomObject) -> bool:
        head, *rest = form
        if head in ('largest', 'smallest', 'tallest', 'lowest', 'widest', 'narrowest', 'closest', 'farthest'):
            return self.leads(head, rest, thing)
        if head in ('on', 'carrying', 'next to', 'under', 'above', 'between'):
            groups = [[o for o in self.things if o is not thing and self.holds(part, o)] for part in rest]
            return any(self.related(head, thing, *others) for others in product(*groups))
        if head == 'and':
            return all(self.holds(part, thing) for part in rest)
        return {
            'noun': lambda: rest[0] in names_of(thing).sure,
            'anything': lambda: True,
            'color': lambda: thing.color_name == rest[0],
            'against the wall': lambda: self.wall_gaps(thing)[0] < 0.3,
            'in the corner': lambda: self.corner_gap(thing) < 0.7,
            'with things on it': lambda: any(o.supported_by == thing.object_id for o in self.things),
        }[head]()

    def leads(self, head: str, rest: list[Any], thing: RoomObject) -> bool:
        group = [o for o in self.things if self.holds(rest[0], o)]
        if head in ('closest', 'farthest'):
            (anchor,) = [o for o in self.things if self.holds(rest[1], o)]
            group = [o for o in group if o is not anchor]
            ranks = [dist(middle(o), middle(anchor)) for o in group]
        else:
            ranks = [self.measure(head, o) for o in group]
        best = min(ranks) if head in ('smallest', 'lowest', 'narrowest', 'closest') else max(ranks)
        return thing in group and ranks[group.index(thing)] == best

    def measure(self, head: str, thing: RoomObject) -> float:
        faces = self.room.faces[self.room.face_object == thing.object_id]
        points = self.room.vertices[faces.reshape(-1)]
        turned = points[:, :2] @ np.array([[np.cos(thing.yaw), -np.sin(thing.yaw)], [np.sin(thing.yaw), np.cos(thing.yaw)]])
        (depth, width), height = np.ptp(turned, axis=0), np.ptp(points[:, 2])
        if head in ('tallest', 'lowest'):
            return height
        return max(depth, width) if head in ('widest', 'narrowest') else depth * width * height

    def related(self, head: str, thing: RoomObject, other: RoomObject, third: RoomObject | None = None) -> bool:
        if head == 'between':
            assert third is not None
            detour = dist(middle(other), middle(thing)) + dist(middle(thing), middle(third))
            return other is not third and detour < 1.35 * dist(middle(other), middle(third))
        if head == 'on':
            return thing.supported_by == other.object_id
        if head == 'carrying':
            return other.supported_by == thing.object_id
        if head == 'next to':
            return box_gap(thing, other) < 0.6
        upper, lower = (thing, other) if head == 'above' else (other, thing)
        free = upper.supported_by != lower.object_id
        hangs = free and box_gap(upper, lower) < 0.4 and upper.box[0, 2] > lower.box[1, 2] - 0.03
        stands = head == 'under' and thing.box[0, 2] < 0.12 and thing.box[1, 2] < other.box[1, 2]
        return hangs or (stands and box_gap(thing, other) == 0)

    def wall_gaps(self, thing: RoomObject) -> list[float]:
        """Metres from a side of the box to the walls of its own room, in ascending order."""
        corners = [(x, y) for x in thing.box[:, 0] for y in thing.box[:, 1]]
        found = []
        for outline in self.room.outline:
            if not (outline.min(0) - 0.01 <= middle(thing)).all() or not (outline.max(0) + 0.01 >= middle(thing)).all():
                continue
            for start, end in zip(outline, np.roll(outline, -1, axis=0), strict=True):
                found.append(sorted(to_segment(np.array(corner), start, end) for corner in corners)[1])
        return sorted(found)

    def corner_gap(self, thing: RoomObject) -> float:
        corners = [np.array((x, y)) for x in thing.box[:, 0] for y in thing.box[:, 1]]
        return min(float(np.linalg.norm(c - p)) for outline in self.room.outline for p in outline for c in corners)


def middle(thing: RoomObject) -> np.ndarray:
    return thing.box[:, :2].mean(axis=0)


def box_gap(a: RoomObject, b: RoomObject) -> float:
    x, y = (max(0.0, a.box[0, i] - b.box[1, i], b.box[0, i] - a.box[1, i]) for i in (0, 1))
    return float(np.hypot(x, y))


def to_segment(point: np.ndarray, start: np.ndarray, end: np.ndarray) -> float:
    along = np.clip(np.dot(point - start, end - start) / np.dot(end - start, end - start), 0, 1)
    return float(np.linalg.norm(point - start - along * (end - start)))
