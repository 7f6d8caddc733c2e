"""Placements fit, stand where they should, and leave people a way."""

import numpy as np
import pytest

from uniseg3d.rooms.collision import overlap
from uniseg3d.rooms.floorplan import make_cell
from uniseg3d.rooms.placement import Layout
from uniseg3d.rooms.shell import number_walls


def empty_room(seed: int = 0, width: float = 5.0, depth: float = 4.0, lack: tuple[float, float] | None = None) -> Layout:
    cell = make_cell(np.zeros(2), np.array([width, depth]), 2.6, None if lack is None else np.array(lack), 2)
    number_walls([cell])
    return Layout(np.random.default_rng(seed), cell, 'train')


def collisions(room: Layout) -> int:
    pairs = [(a, b) for i, a in enumerate(room.items) for b in room.items[:i]]
    return sum(bool(overlap(a.solids(), b.solids()).any()) for a, b in pairs)


def test_wall_furniture_has_its_back_to_a_wall() -> None:
    for seed in range(12):
        room = empty_room(seed, lack=(1.6, 1.4) if seed % 2 else None)
        shelf = room.against_wall(room.new('bookshelf', 'stand'))
        assert shelf is not None
        wall, along = room.wall_behind(shelf)
        assert np.cos(wall.yaw - shelf.yaw) == pytest.approx(1.0)
        back = shelf.world(shelf.extent[0, 0], 0.0)
        assert 0 < (back - wall.start) @ wall.normal < 0.06
        assert shelf.size[1] / 2 <= along <= wall.length - shelf.size[1] / 2
        assert shelf.support == room.floor_id


def test_corner_furniture_stands_in_a_corner() -> None:
    room = empty_room(3)
    tub = room.against_wall(room.new('bathtub'), corner=True)
    assert tub is not None
    corners = tub.hull().corners()[0]
    gaps = np.sort(np.linalg.norm(corners[:, None] - room.cell.outline[None], axis=2).ravel())
    assert gaps[0] < 0.15


def test_crowding_never_makes_things_touch() -> None:
    room = empty_room(1, lack=(1.5, 1.2))
    kept = 0
    for kind in ['cabinet', 'table', 'chair', 'sofa', 'otherfurniture', 'desk'] * 6:
        item = room.new(kind)
        kept += bool(room.freely(item, margin=0.05) if kept % 2 else room.against_wall(item))
    assert kept == len(room.items) >= 6
    assert collisions(room) == 0
    for item in room.items:
        assert not overlap(item.hull(), room.cell.outside(), 0.001).any()
    assert room.walkway.free_share() >= 0.3


def test_a_chair_may_go_under_a_table_but_not_into_it() -> None:
    room = empty_room(2)
    table = room.new('table', 'dining', d=0.9, w=1.6, h=0.76)
    while table.variant.name != 'rectangular table':
        table = room.new('table', 'dining', d=0.9, w=1.6, h=0.76)
    assert room.stand(table, np.array([2.5, 2.0]), 0.0)
    chair = room.new('chair', 'table')
    while chair.variant.name != 'four-leg chair':
        chair = room.new('chair', 'table')
    close = table.size[0] / 2 + chair.size[0] / 2 - 0.15
    assert room.beside(chair, table, close, 0.0, np.pi) is None
    assert room.beside(chair, table, close, 0.0, np.pi, tuck=True) is chair
    assert room.beside(room.new('chair', 'desk'), table, 0.0, 0.0, tuck=True) is None
    assert collisions(room) == 0


def test_things_lie_on_surfaces_and_not_over_their_edge() -> None:
    for seed in range(20):
        room = empty_room(seed)
        table = room.new('table', 'coffee')
        assert room.stand(table, np.array([2.5, 2.0]), 0.4)
        thing = room.on_top(room.new('clutter', 'top'), table)
        if thing is None:
            continue
        tops = [part.mesh.bounds[1, 2] for part in table.parts if part.headroom]
        assert np.abs(np.array(tops) - thing.z).min() < 1e-9
        assert thing.support is table
        reach = max(table.size[0], table.size[1]) / 2
        assert np.linalg.norm(thing.hull().corners()[0] - (2.5, 2.0), axis=1).max() < np.hypot(reach, min(table.size[:2]) / 2)


def test_nothing_lies_where_the_room_above_is_too_low() -> None:
    room = empty_room(4)
    shelf = room.new('bookshelf', 'stand')
    assert room.against_wall(shelf)
    lamp = room.new('clutter', 'floor', h=1.6)
    while lamp.variant.name != 'floor lamp':
        lamp = room.new('clutter', 'floor', h=1.6)
    assert room.on_top(lamp, shelf) is None
    assert lamp.support is None


def test_hanging_things_avoid_holes_and_each_other() -> None:
    room = empty_room(5)
    for wall in room.cell.walls:
        wall.holes.append((1.0, 2.2, 0.8, 1.9))
    hung = [picture for _ in range(30) if (picture := room.hang(room.new('picture'), (0.5, 1.7)))]
    assert len(hung) > 5
    assert collisions(room) == 0
    for picture in hung:
        wall, along = room.wall_behind(picture)
        assert picture.support == wall.object_id
        beside = along + picture.size[1] / 2 <= 1.0 or along - picture.size[1] / 2 >= 2.2
        assert beside or picture.z >= 1.9 or picture.z + picture.size[2] <= 0.8


def test_free_zones_stay_free() -> None:
    room = empty_room(6, 3.5, 3.5)
    wall = room.cell.walls[0]
    room.free_zone(wall, 1.75, 1.2, 1.0)
    for _ in range(20):
        room.against_wall(room.new('cabinet', 'stand'))
    assert len(room.items) > 2
    zone = np.array([[1.2, 0.1], [2.3, 0.1], [1.75, 0.9]])
    for item in room.items:
        corners = item.hull().corners()[0]
        low, high = corners.min(0), corners.max(0)
        assert not ((zone > low) & (zone < high)).all(1).any()


def test_a_doorway_stays_reachable() -> None:
    room = empty_room(7, 3.0, 6.0)
    room.walkway.gate(np.array([1.5, 0.4]))
    barrier = room.new('sofa', 'lounge', d=0.9, w=2.6)
    assert room.stand(barrier, np.array([1.5, 1.6]), np.pi / 2) is None  # the gate would be cut off from the rest
    shorter = room.new('sofa', 'lounge', d=0.9, w=1.9)
    assert room.stand(shorter, np.array([1.0, 1.6]), np.pi / 2) is shorter


def test_a_full_room_refuses_furniture() -> None:
    room = empty_room(8, 2.2, 2.2)
    for _ in range(10):
        room.against_wall(room.new('otherfurniture', 'wardrobe'))
    assert room.walkway.free_share() >= 0.3
