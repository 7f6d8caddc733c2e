"""Floors, walls and ceiling as a room has them: closed, coloured, numbered and with textures that lie in their plane."""

import numpy as np
import pytest

from uniseg3d.rooms import floorplan
from uniseg3d.rooms.assembly import Assembly
from uniseg3d.rooms.floorplan import Cell
from uniseg3d.rooms.scene import Room
from uniseg3d.rooms.shell import add_shell, number_walls

HEIGHT = 2.6


def shell_of(cells: list[Cell], has_ceiling: bool = True, seed: int = 0) -> Room:
    assembly = Assembly()
    number_walls(cells)
    add_shell(np.random.default_rng(seed), assembly, cells, has_ceiling)
    return assembly.finish('room0000_00', 'train', seed, [cell.outline for cell in cells], HEIGHT, has_ceiling)


def two_rooms() -> list[Cell]:
    return floorplan.pair(np.random.default_rng(3), HEIGHT, small_second=False)


def normals_of(room: Room, object_id: int) -> np.ndarray:
    a, b, c = room.vertices[room.faces[room.face_object == object_id]].transpose(1, 0, 2)
    return np.cross(b - a, c - a)


@pytest.mark.parametrize('has_ceiling', [True, False])
def test_objects_come_in_the_order_that_walls_were_promised(has_ceiling: bool) -> None:
    cells = two_rooms()
    room = shell_of(cells, has_ceiling)
    kinds = [thing.raw_category for thing in room.objects]
    assert kinds == ['floor'] * 2 + ['wall'] * 8 + ['ceiling'] * has_ceiling
    for wall in (wall for cell in cells for wall in cell.walls):
        middle = wall.point(wall.length / 2, 0.0)
        low, high = room.objects[wall.object_id].box[:, :2]
        assert (middle > low - 1e-3).all() and (middle < high + floorplan.PARTITION + 1e-3).all()


def test_surfaces_face_the_air() -> None:
    room = shell_of([floorplan.make_cell(np.zeros(2), np.array([4.0, 3.0]), HEIGHT, np.array([1.0, 1.0]), 1)])
    for thing in room.objects:
        normals = normals_of(room, thing.object_id)
        if thing.raw_category != 'wall':
            assert (normals[:, 2] > 0).all() == (thing.raw_category == 'floor')
            assert (normals[:, 2] < 0).all() == (thing.raw_category == 'ceiling')
    # the divergence theorem: a closed surface that faces inwards encloses minus its volume
    a, b, c = room.vertices[room.faces].astype(np.float64).transpose(1, 0, 2)
    assert np.einsum('ij,ij->i', a, np.cross(b, c)).sum() / 6 == pytest.approx(-(12.0 - 1.0) * HEIGHT, rel=1e-4)


def test_the_doorstep_belongs_to_one_floor_and_the_lining_to_one_wall() -> None:
    cells = two_rooms()
    room = shell_of(cells)
    areas = [np.linalg.norm(normals_of(room, i), axis=1).sum() / 2 for i in range(2)]
    _, _, width = cells[0].doorway
    assert areas[0] == pytest.approx(cells[0].area + width * floorplan.PARTITION, rel=1e-4)
    assert areas[1] == pytest.approx(cells[1].area, rel=1e-4)


def test_textures_lie_in_the_wall() -> None:
    room = shell_of([floorplan.make_cell(np.array([1.0, -2.0]), np.array([4.0, 3.0]), HEIGHT)])
    for wall in (thing.object_id for thing in room.objects if thing.raw_category == 'wall'):
        points = room.vertices[room.faces[room.face_object == wall]].reshape(-1, 3)
        local = np.c_[points, np.ones(len(points))] @ room.frames[wall].T
        np.testing.assert_allclose(local[:, 2], 0, atol=1e-5)
        np.testing.assert_allclose(local[:, 1], points[:, 2], atol=1e-5)
        assert local[:, 0].min() == pytest.approx(0, abs=1e-5)
        assert local[:, 0].max() == pytest.approx(np.ptp(points[:, :2], axis=0).max(), abs=1e-5)


def test_walls_of_a_room_mostly_share_a_paint_that_varies_between_rooms() -> None:
    names = []
    for seed in range(30):
        room = shell_of([floorplan.make_cell(np.zeros(2), np.array([4.0, 3.0]), HEIGHT)], seed=seed)
        names.append([thing.color_name for thing in room.objects if thing.raw_category == 'wall'])
    assert np.mean([max(map(walls.count, walls)) for walls in names]) > 3
    assert any(len(set(walls)) > 1 for walls in names)
    assert len({walls[0] for walls in names}) >= 5
