"""Doors, windows and curtains sit in and before the holes that are cut for them."""

from itertools import pairwise

import numpy as np
import pytest

from uniseg3d.rooms import envelope, floorplan
from uniseg3d.rooms.placement import Layout
from uniseg3d.rooms.shell import number_walls


def room_with_openings(seed: int, split: str = 'val') -> Layout:
    rng = np.random.default_rng(seed)
    cell = floorplan.single(rng, 2.7, small=False)
    number_walls([cell])
    room = Layout(rng, cell, split)
    envelope.add_door(room)
    envelope.add_windows(room, 3)
    return room


@pytest.mark.parametrize('seed', range(12))
def test_every_hole_belongs_to_one_door_or_window(seed: int) -> None:
    room = room_with_openings(seed)
    holes = [(wall.object_id, *hole) for wall in room.cell.walls for hole in wall.holes]
    fitted = [item for item in room.items if item.variant.kind in ('door', 'window')]
    assert len(holes) == len(fitted) >= 2
    for item in fitted:
        wall, along = room.wall_behind(item)
        match = [hole for hole in holes if hole[0] == wall.object_id and abs((hole[1] + hole[2]) / 2 - along) < 1e-6]
        assert len(match) == 1
        _, u0, u1, z0, z1 = match[0]
        assert (u1 - u0, z1 - z0) == (pytest.approx(item.size[1]), pytest.approx(item.size[2]))
        assert item.z == pytest.approx(z0)
        assert z1 < wall.height


def test_holes_keep_their_distance() -> None:
    for seed in range(30):
        for wall in room_with_openings(seed).cell.walls:
            holes = sorted(wall.holes)
            assert all(right[0] - left[1] > 0.1 for left, right in pairwise(holes))


def test_doors_reach_the_floor_and_windows_do_not() -> None:
    for seed in range(20):
        for item in room_with_openings(seed).items:
            if item.variant.kind == 'door':
                assert item.z == 0
            if item.variant.kind == 'window':
                assert item.z > 0.1


def test_curtains_hang_before_a_window_and_clear_of_it() -> None:
    seen = 0
    for seed in range(30):
        room = room_with_openings(seed)
        windows = [item for item in room.items if item.variant.kind == 'window']
        for curtain in (item for item in room.items if item.variant.kind == 'curtain'):
            seen += 1
            near = [w for w in windows if np.hypot(w.x - curtain.x, w.y - curtain.y) < w.size[1] / 2 + curtain.size[1]]
            assert any(curtain.z + curtain.size[2] > window.z + window.size[2] for window in near)
            assert curtain.z >= 0.04
    assert seen > 20


def test_nothing_opens_into_the_partition() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        cells = floorplan.pair(rng, 2.6, small_second=False)
        number_walls(cells)
        for cell in cells:
            room = Layout(rng, cell, 'train')
            envelope.add_doorway(room, framed=True)
            envelope.add_door(room)
            envelope.add_windows(room, 2)
            wall, along, width = cell.doorway
            assert len(wall.holes) == 1
            frame = room.items[0]
            assert frame.raw_category == 'doorframe'
            assert frame.size[1] == pytest.approx(width)
            assert not room.fits(room.new('chair').at(wall.point(along, 0.5), 0.0))
