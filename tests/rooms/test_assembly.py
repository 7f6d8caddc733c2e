"""Flat arrays of a room agree with each other, and words for colour and size are true."""

import numpy as np
import pytest

from uniseg3d.rooms.assembly import Assembly, color_name, size_name
from uniseg3d.rooms.furniture import VARIANTS, Part, Variant
from uniseg3d.rooms.item import Item, make_item
from uniseg3d.rooms.materials import Paint, draw_material, plain
from uniseg3d.rooms.shapes import box, panel


def variant(name: str) -> Variant:
    return next(one for variants in VARIANTS.values() for one in variants if one.name == name)


def two_colored(first: float, second: float) -> Item:
    """A box of height ``first`` in one colour under one of height ``second`` in another."""
    parts = [Part(box((1, 1, first)), 'main'), Part(box((1, 1, second), (0, 0, first)), 'second')]
    paint = Paint(np.random.default_rng(0))
    paint._drawn |= {'main': ('red', plain((180, 40, 40))), 'second': ('blue', plain((40, 60, 150)))}
    return Item(variant('canvas'), 'picture', parts, paint, (1.0, 1.0, first + second))


def test_a_colour_is_named_only_if_it_dominates() -> None:
    assert color_name(two_colored(3.0, 0.2)) == 'red'
    assert color_name(two_colored(0.2, 3.0)) == 'blue'
    assert color_name(two_colored(1.0, 1.0)) is None


def test_small_and_large_are_relative_to_the_class() -> None:
    rng = np.random.default_rng(1)
    assert size_name(make_item(rng, variant('small square table'), d=0.4, w=0.4, h=0.45)) == 'small'
    assert size_name(make_item(rng, variant('rectangular table'), d=1.0, w=2.0, h=0.8)) == 'large'
    assert size_name(make_item(rng, variant('framed picture'), d=0.035, w=0.75, h=0.65)) is None
    sizes = [size_name(make_item(rng, one)) for variants in VARIANTS.values() for one in variants for _ in range(5)]
    assert {'small', 'large', None} <= set(sizes)
    assert np.mean([size is None for size in sizes]) > 0.4


def test_rows_point_at_the_right_objects_materials_and_frames() -> None:
    rng = np.random.default_rng(2)
    assembly = Assembly()
    name, material = draw_material(rng)
    assembly.add_surface('floor', panel(4, 4, []), material, name, np.eye(4))
    table = make_item(rng, variant('trestle table')).at((2, 2), 0.5)
    table.support, table.object_id = 0, 1
    vase = make_item(rng, variant('vase')).at((2, 2), 0.0, table.size[2])
    vase.support, vase.object_id = table, 2
    assembly.add_item(table)
    assembly.add_item(vase)
    room = assembly.finish('room0000_00', 'train', 0, [np.zeros((4, 2))], 2.5, False)

    assert [thing.supported_by for thing in room.objects] == [None, 0, 1]
    assert np.unique(room.face_object).tolist() == [0, 1, 2]
    np.testing.assert_array_equal(room.face_object, room.face_frame)
    assert room.materials[room.face_material[0]] is material
    for thing in room.objects:
        vertices = room.vertices[np.unique(room.faces[room.face_object == thing.object_id])]
        np.testing.assert_allclose(thing.box, [vertices.min(0), vertices.max(0)], atol=1e-6)
    local = room.vertices[room.faces[room.face_object == 1]].reshape(-1, 3)
    in_frame = np.c_[local, np.ones(len(local))] @ room.frames[1].T
    assert np.abs(in_frame[:, 0]).max() == pytest.approx(table.size[0] / 2, abs=0.01)


def test_parts_of_one_slot_share_a_material() -> None:
    item = make_item(np.random.default_rng(3), variant('padded sofa'))
    item.support = 0
    assembly = Assembly()
    assembly.add_item(item)
    assert len(assembly.materials) == len({part.slot for part in item.parts})
