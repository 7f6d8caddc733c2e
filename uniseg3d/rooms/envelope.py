"""Doors, windows and their curtains: what is set into the walls before anything is furnished."""

import numpy as np

from uniseg3d.rooms.floorplan import PARTITION, Cell, Wall
from uniseg3d.rooms.furniture import pick
from uniseg3d.rooms.item import Item, make_item
from uniseg3d.rooms.placement import Layout

EDGE = 0.12  # least distance of a hole from a corner or another hole, metres


def add_doorway(room: Layout, framed: bool) -> None:
    """Keep the passage to the other room free and maybe line it with a frame."""
    assert room.cell.doorway is not None
    wall, along, width = room.cell.doorway
    room.free_zone(wall, along, width + 0.1, 0.8)
    room.walkway.gate(wall.point(along, 0.4))
    if framed:
        top = wall.holes[0][3]
        frame = room.new('door', 'doorway', d=PARTITION + 0.05, w=width, h=top)
        frame.at(wall.point(along, -PARTITION / 2), wall.yaw)
        frame.support = wall.object_id
        room.keep(frame)


def add_door(room: Layout) -> Item | None:
    """One door to the outside, shut or open."""
    for tag in ('' if room.chance(0.2) else 'hinged', 'hinged', 'hinged'):
        door = room.new('door', tag)
        spot = _free_stretch(room, door.size[1], 0.0, door.size[2])
        if spot and 'doorway' not in door.variant.tags:
            wall, along = spot
            room.free_zone(wall, along, door.size[1] + 0.1, 0.95)
            return room.embed(door, wall, along, 0.0, room.rng.uniform(-0.04, 0.01))
    return None


def add_windows(room: Layout, count: int) -> None:
    """Windows at varying heights, some with curtains."""
    for _ in range(count):
        window = room.new('window')
        tall = window.size[2]
        low = float(room.rng.uniform(0.12, max(0.13, min(1.5, room.cell.walls[0].height - tall - 0.2))))
        spot = _free_stretch(room, window.size[1], low, low + tall)
        if spot is None:
            continue
        wall, along = spot
        room.embed(window, wall, along, low, room.rng.uniform(-0.05, -0.01))
        room.free_zone(wall, along, window.size[1], 0.1, low, low + tall)
        if room.rng.random() < 0.75:
            _add_curtains(room, window, wall, along)


def _add_curtains(room: Layout, window: Item, wall: Wall, along: float) -> None:
    rng, top = room.rng, window.z + window.size[2]
    rail = float(rng.uniform(top + 0.05, max(top + 0.06, min(top + 0.3, wall.height - 0.06))))
    cover = rng.random() < 0.3
    variant = pick(rng, 'curtain', room.split, 'cover' if cover else 'side')
    if cover:
        curtain = make_item(rng, variant, w=window.size[1] * float(rng.uniform(0.9, 1.15)))
        places = [along]
    else:
        low = 0.05 if rng.random() < 0.6 else max(0.05, window.z - 0.15)
        curtain = make_item(rng, variant, h=rail - low)
        offset = window.size[1] / 2 + curtain.size[1] * float(rng.uniform(0.0, 0.4))
        sides = [-offset, offset] if rng.random() < 0.7 else [float(rng.choice([-offset, offset]))]
        places = [along + side for side in sides]
    if curtain.size[2] > rail - 0.03:
        return
    for place in places:
        hung = make_item(rng, variant, *curtain.size)
        hung.paint, hung.raw_category = curtain.paint, curtain.raw_category
        if _reaches(wall, hung, place):
            low = rail - hung.size[2]
            room.hang(hung, (low, low), wall, place, tuck=True)


def _reaches(wall: Wall, item: Item, along: float) -> bool:
    return along - item.size[1] / 2 > 0.03 and along + item.size[1] / 2 < wall.length - 0.03


def _free_stretch(room: Layout, width: float, low: float, high: float) -> tuple[Wall, float] | None:
    """A wall and a place along it without a hole nearby; never in the partition between rooms."""
    cell: Cell = room.cell
    passage = cell.doorway[0] if cell.doorway else None
    walls = [wall for wall in cell.walls if wall is not passage and wall.length > width + 2 * EDGE]
    for _ in range(12 if walls else 0):
        wall = walls[room.rng.integers(len(walls))]
        along = float(room.rng.uniform(width / 2 + EDGE, wall.length - width / 2 - EDGE))
        if high > wall.height - 0.05:
            return None
        gaps = [max(u0 - (along + width / 2), (along - width / 2) - u1) for u0, u1, _, _ in wall.holes]
        if np.all(np.array(gaps) > EDGE):
            return wall, along
    return None
