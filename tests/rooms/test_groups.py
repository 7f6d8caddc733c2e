"""What belongs together is put together."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest

from uniseg3d.rooms import groups
from uniseg3d.rooms.floorplan import make_cell
from uniseg3d.rooms.item import Item
from uniseg3d.rooms.placement import Layout
from uniseg3d.rooms.shell import number_walls


def furnished(group: Callable[[Layout], object], seed: int, split: str = 'train') -> Layout:
    cell = make_cell(np.zeros(2), np.array([5.0, 4.5]), 2.7)
    number_walls([cell])
    room = Layout(np.random.default_rng(seed), cell, split)
    group(room)
    return room


def of(room: Layout, kind: str) -> list[Item]:
    return [item for item in room.items if item.variant.kind == kind]


@pytest.mark.parametrize('split', ['train', 'val'])
def test_chairs_face_their_table(split: str) -> None:
    chairs = 0
    for seed in range(15):
        room = furnished(groups.dining_group, seed, split)
        for table in of(room, 'table'):
            for chair in of(room, 'chair'):
                chairs += 1
                towards = np.array([table.x - chair.x, table.y - chair.y])
                facing = np.array([np.cos(chair.yaw), np.sin(chair.yaw)])
                assert facing @ towards > 0
                assert np.linalg.norm(towards) < max(table.size[:2]) / 2 + 0.8
    assert chairs > 20


def test_a_sink_sits_in_the_hole_of_its_counter() -> None:
    seen = 0
    for seed in range(15):
        room = furnished(lambda layout: groups.sink_unit(layout, 'base', 'slab'), seed)
        for sink in of(room, 'sink'):
            seen += 1
            slab = sink.support
            assert isinstance(slab, Item)
            assert slab.variant.kind == 'counter'
            assert isinstance(slab.support, Item)
            assert slab.support.variant.kind == 'cabinet'
            top = slab.z + slab.parts[0].mesh.bounds[1, 2]
            assert sink.z < slab.z < top < sink.z + sink.extent[1, 2]
            boards = [part.mesh.bounds for part in slab.parts[:4]]
            middle = np.linalg.inv(slab.matrix()) @ (sink.x, sink.y, top, 1)
            assert not any((low[:2] < middle[:2]).all() and (middle[:2] < high[:2]).all() for low, high in boards)
    assert seen > 8


def test_pillows_lie_at_the_head_of_the_bed() -> None:
    for seed in range(10):
        room = furnished(groups.bed_group, seed)
        for pillow in (item for item in of(room, 'clutter') if item.raw_category == 'pillow'):
            bed = pillow.support
            assert isinstance(bed, Item)
            local = np.linalg.inv(bed.matrix()) @ (pillow.x, pillow.y, pillow.z, 1)
            assert local[0] < 0
            assert 0.25 < pillow.z < 0.8


def test_shower_curtains_hang_around_the_tub() -> None:
    seen = 0
    for seed in range(20):
        room = furnished(groups.bathtub_group, seed, 'val' if seed % 2 else 'train')
        for curtain in of(room, 'showercurtain'):
            seen += 1
            tub = of(room, 'bathtub')[0]
            assert np.cos(tub.yaw - curtain.yaw) == pytest.approx(1.0)
            assert np.hypot(tub.x - curtain.x, tub.y - curtain.y) < 0.3
            assert 1.5 < curtain.z + curtain.size[2] < 2.2
    assert seen > 8


def test_a_desk_has_its_chair_before_it() -> None:
    with_chair = 0
    for seed in range(15):
        room = furnished(groups.desk_group, seed)
        for desk in of(room, 'desk'):
            for chair in of(room, 'chair'):
                with_chair += 1
                local = np.linalg.inv(desk.matrix()) @ (chair.x, chair.y, 0, 1)
                assert local[0] > 0
                assert abs(local[1]) < desk.size[1] / 2
    assert with_chair > 8


def test_a_kitchen_has_cabinets_above_the_counter() -> None:
    above = 0
    for seed in range(15):
        room = furnished(groups.kitchen_row, seed)
        hung = [item for item in of(room, 'cabinet') if item.z > 1]
        above += len(hung)
        assert all(isinstance(item.support, int) and item.support > 0 for item in hung)
    assert above > 8


def test_books_stand_on_shelves() -> None:
    books = 0
    for seed in range(10):
        room = furnished(groups.shelf_group, seed, 'val')
        for thing in of(room, 'clutter'):
            books += 'book' in thing.variant.name
            assert isinstance(thing.support, Item)
            assert thing.support.variant.kind == 'bookshelf'
    assert books > 5


def local(item: Item, anchor: Item) -> np.ndarray:
    """Where an item stands in the frame of another: metres before it and to its left."""
    return (np.linalg.inv(anchor.matrix()) @ (item.x, item.y, 0, 1))[:2]


def test_night_tables_stand_at_the_sides_of_the_bed_by_its_head() -> None:
    tables = 0
    for seed in range(15):
        room = furnished(groups.bed_group, seed)
        for bed, table in product(of(room, 'bed'), of(room, 'table')):
            x, y = local(table, bed)
            tables += 1
            assert x < 0, 'nearer to the head than to the feet'
            assert bed.size[1] / 2 < abs(y) < bed.size[1] / 2 + 0.8
    assert tables > 8


def test_a_low_table_stands_before_the_sofa_and_armchairs_beside_it_look_inwards() -> None:
    tables = chairs = 0
    for seed in range(20):
        room = furnished(groups.sofa_group, seed)
        sofa = of(room, 'sofa')[0]
        for table in of(room, 'table'):
            x, y = local(table, sofa)
            tables += 1
            assert x > sofa.size[0] / 2 + 0.2 and abs(y) < 0.5
        for chair in of(room, 'chair'):
            chairs += 1
            side = local(chair, sofa)[1]
            assert abs(side) > sofa.size[1] / 2
            assert -np.sign(side) * np.sin(chair.yaw - sofa.yaw) > 0.2
    assert tables > 8 and chairs > 5


def test_a_cabinet_above_a_sink_hangs_on_the_wall_behind_it() -> None:
    hanging = 0
    for seed in range(20):
        room = furnished(groups.wash_group, seed)
        for sink, cabinet in product(of(room, 'sink'), of(room, 'cabinet')):
            if cabinet.z > 1.0:
                hanging += 1
                assert abs(local(cabinet, sink)[1]) < 0.8
                assert np.cos(cabinet.yaw - sink.yaw) == pytest.approx(1.0)
    assert hanging > 5


def test_a_television_faces_away_from_its_wall_on_its_stand() -> None:
    seen = 0
    for seed in range(12):
        room = furnished(groups.television_group, seed)
        for screen in (item for item in of(room, 'clutter') if isinstance(item.support, Item)):
            seen += 1
            wall, _ = room.wall_behind(screen.support)
            assert np.cos(screen.yaw - wall.yaw) == pytest.approx(1.0)
            assert screen.z == pytest.approx(screen.support.z + screen.support.size[2], abs=0.1)
    assert seen > 6


def test_a_corner_shower_closes_off_a_corner() -> None:
    seen = 0
    for seed in range(12):
        for curtain in of(room := furnished(groups.shower_group, seed), 'showercurtain'):
            seen += 1
            corners = np.linalg.norm(room.cell.outline - (curtain.x, curtain.y), axis=1)
            assert corners.min() < 1.0
            assert curtain.z + curtain.size[2] > 1.6
    assert seen > 6
