"""What belongs together is put together."""

from collections.abc import Callable

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
