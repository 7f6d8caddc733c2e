"""Outlines, walls and the doorway between two rooms."""

import numpy as np
import pytest

from uniseg3d.rooms import floorplan
from uniseg3d.rooms.collision import box_at, overlap
from uniseg3d.rooms.shapes import Mesh


def polygon_area(points: np.ndarray) -> float:
    x, y = points.T
    return float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2)


def mesh_area(mesh: Mesh) -> float:
    a, b, c = mesh.vertices[mesh.faces].transpose(1, 0, 2)
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


@pytest.mark.parametrize('corner', [None, 0, 1, 2, 3])
def test_outline_runs_counter_clockwise_and_walls_look_inside(corner: int | None) -> None:
    lack = None if corner is None else np.array([1.5, 2.0])
    cell = floorplan.make_cell(np.array([1.0, -2.0]), np.array([4.0, 5.0]), 2.5, lack, corner or 0)
    expected = 20.0 if corner is None else 17.0
    assert polygon_area(cell.outline) == pytest.approx(expected)
    assert cell.area == pytest.approx(expected)
    assert mesh_area(cell.floor()) == pytest.approx(expected)
    assert len(cell.walls) == (4 if corner is None else 6)
    for wall in cell.walls:
        assert cell.inside(wall.point(wall.length / 2, 0.05))
        assert not cell.inside(wall.point(wall.length / 2, -0.05))


def test_what_lies_outside_is_solid() -> None:
    cell = floorplan.make_cell(np.zeros(2), np.array([4.0, 4.0]), 2.5, np.array([1.0, 1.0]), 2)
    outside = cell.outside()
    for x, y, free in ((2, 2, True), (3.5, 3.5, False), (-0.1, 2, False), (3.5, 2, True), (2, 4.2, False)):
        assert overlap(box_at((x, y), (0.1, 0.1)), outside).any() != free
        assert bool(cell.inside(np.array([x, y]))) == free


def test_wall_mesh_faces_the_room_and_leaves_holes_out() -> None:
    cell = floorplan.make_cell(np.zeros(2), np.array([3.0, 4.0]), 2.5)
    for wall in cell.walls:
        wall.holes.append((1.0, 2.0, 0.5, 1.5))
        mesh = wall.mesh()
        a, b, c = mesh.vertices[mesh.faces].transpose(1, 0, 2)
        normal = np.cross(b - a, c - a)
        assert (normal[:, :2] @ wall.normal > 0).all()
        assert mesh_area(mesh) == pytest.approx(wall.length * 2.5 - 1.0)


def test_two_rooms_share_one_doorway() -> None:
    for seed in range(40):
        cells = floorplan.pair(np.random.default_rng(seed), 2.6, small_second=seed % 2 == 0)
        places = []
        for cell in cells:
            assert cell.doorway is not None
            wall, along, width = cell.doorway
            (u0, u1, z0, top) = wall.holes[0]
            assert 0 <= u0 < u1 <= wall.length
            assert (z0, u1 - u0) == (0.0, pytest.approx(width))
            places.append((wall.point(along, 0.0), width, top))
        (first, width, top), (second, other_width, other_top) = places
        assert (width, top) == (other_width, other_top)
        np.testing.assert_allclose(second - first, [floorplan.PARTITION, 0], atol=1e-9)
        assert 0.8 < width < 2.1


def test_the_lining_closes_the_gap_between_two_rooms() -> None:
    cells = floorplan.pair(np.random.default_rng(3), 2.6, small_second=False)
    lining, doorstep = floorplan.jambs(cells[0])
    _, _, width = cells[0].doorway
    top = cells[0].doorway[0].holes[0][3]
    assert mesh_area(lining) == pytest.approx(floorplan.PARTITION * (2 * top + width))
    assert mesh_area(doorstep) == pytest.approx(floorplan.PARTITION * width)
    assert doorstep.bounds[:, 2].tolist() == [0, 0]


def test_single_rooms_have_sensible_sizes_and_both_forms() -> None:
    cells = [floorplan.single(np.random.default_rng(seed), 2.5, small=False) for seed in range(60)]
    sizes = np.array([cell.high - cell.low for cell in cells])
    assert sizes.min() >= 3.0
    assert sizes.max() <= 7.0
    corners = {len(cell.walls) for cell in cells}
    assert corners == {4, 6}
