"""Solids are closed, wound outwards, and have the volume they should."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uniseg3d.rooms import shapes
from uniseg3d.rooms.shapes import Mesh

SOLIDS = {
    'box': (shapes.box((0.4, 0.6, 0.9), (1, 2, 3)), 0.4 * 0.6 * 0.9),
    'cylinder': (shapes.cylinder(0.5, 2.0, sides=64), np.pi * 0.25 * 2),
    'cone frustum': (shapes.cylinder(0.5, 1.0, sides=64, top=0.25), np.pi / 3 * (0.25 + 0.125 + 0.0625)),
    'ball': (shapes.ball((1.0, 1.0, 1.0), sides=48), np.pi / 6),
    'rod': (shapes.rod((0, 0, 0), (1, 1, 1), 0.1, sides=64), np.pi * 0.01 * 3**0.5),
    'tube': (shapes.tube(np.array([[0, 0, 0], [0, 0, 1], [1, 0, 1.0]]), 0.05), None),
    'cushion': (shapes.cushion((0.6, 0.8, 0.2)), None),
    'basin': (shapes.basin(shapes.circle(0.3, 16), 0.2, 0.1, 0.05), None),
    'prism': (shapes.prism(shapes.rounded_rectangle(1, 2, 4), 0.1), None),
}


def volume(mesh: Mesh) -> float:
    """Signed volume: positive if the triangles are wound outwards."""
    a, b, c = mesh.vertices[mesh.faces].transpose(1, 0, 2)
    return float((a * np.cross(b, c)).sum() / 6)


def directed_edges(mesh: Mesh) -> Counter:
    return Counter(map(tuple, mesh.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2).tolist()))


def area(mesh: Mesh) -> float:
    a, b, c = mesh.vertices[mesh.faces].transpose(1, 0, 2)
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


@pytest.mark.parametrize('name', SOLIDS)
def test_solids_are_closed_and_wound_outwards(name: str) -> None:
    mesh, expected = SOLIDS[name]
    edges = directed_edges(mesh)
    assert max(edges.values()) == 1
    assert all((end, start) in edges for start, end in edges)
    assert volume(mesh) > 0
    if expected is not None:
        assert volume(mesh) == pytest.approx(expected, rel=0.07)  # few levels and sides


def test_solids_stand_on_the_point_they_are_given() -> None:
    mesh = shapes.box((2, 4, 6), (10, 20, 30))
    np.testing.assert_allclose(mesh.bounds, [[9, 18, 30], [11, 22, 36]])
    ball = shapes.ball((0.2, 0.4, 0.6), (1, 1, 1)).bounds
    assert ball[0, 2] == pytest.approx(1.0, abs=0.01)
    assert ball[1, 2] == pytest.approx(1.6, abs=0.01)


def test_a_basin_holds_water() -> None:
    outline = shapes.circle(0.5, 24)
    solid = shapes.stretch(outline, [(0.9, 0.9, 0), (1, 1, 0.24), (1, 1, 0.4)])
    bowl = shapes.basin(outline, 0.4, 0.1, 0.05)
    assert volume(bowl) < 0.6 * volume(solid)


@given(size=st.tuples(*[st.floats(0.05, 3)] * 3), angle=st.floats(-4, 4), axis=st.sampled_from('xyz'))
@settings(max_examples=30, deadline=None)
def test_moving_and_turning_keep_a_solid_whole(size: tuple, angle: float, axis: str) -> None:
    mesh = shapes.box(size).turned(angle, axis, (0.3, -0.2, 0.1)).moved(1, -2, 3)
    assert volume(mesh) == pytest.approx(np.prod(size), rel=1e-9)


def test_turning_about_z_takes_x_to_y() -> None:
    mesh = shapes.box((1, 1, 1), (2, 0, 0)).turned(np.pi / 2)
    np.testing.assert_allclose(mesh.bounds, [[-0.5, 1.5, 0], [0.5, 2.5, 1]], atol=1e-12)


def test_joined_meshes_remember_their_pieces() -> None:
    legs = [shapes.box((0.1, 0.1, 1), (x, 0, 0)) for x in (0, 2)]
    mesh = shapes.join([shapes.join(legs), shapes.box((3, 1, 0.1), (1, 0, 1))]).moved(z=5)
    assert volume(mesh) == pytest.approx(0.01 + 0.01 + 0.3)
    np.testing.assert_allclose(mesh.piece_bounds[:, 0, 0], [-0.05, 1.95, -0.5])
    np.testing.assert_allclose(mesh.piece_bounds[:, 1, 2], [6, 6, 6.1])


def test_a_panel_leaves_its_holes_out() -> None:
    holes = [(1.0, 2.0, 0.0, 2.0), (3.0, 4.0, 1.0, 2.0), (3.5, 4.5, 1.5, 2.2)]
    panel = shapes.panel(6.0, 2.5, holes)
    union = 1 * 2 + 1 * 1 + 1 * 0.7 - 0.5 * 0.5
    assert area(panel) == pytest.approx(15 - union)
    middle = panel.vertices[panel.faces].mean(1)
    for x0, x1, y0, y1 in holes:
        assert not ((middle[:, 0] > x0) & (middle[:, 0] < x1) & (middle[:, 1] > y0) & (middle[:, 1] < y1)).any()


def test_a_panel_faces_up() -> None:
    a, b, c = shapes.panel(2, 1, []).vertices[shapes.panel(2, 1, []).faces].transpose(1, 0, 2)
    assert (np.cross(b - a, c - a)[:, 2] > 0).all()


@pytest.mark.parametrize('forward', [True, False])
def test_both_sides_of_a_sheet_look_away_from_it(forward: bool) -> None:
    ys = np.linspace(-1, 1, 9) * (1 if forward else -1)
    levels = np.stack([np.stack([np.zeros(9), ys, np.full(9, z)], 1) for z in (0.0, 2.0)])
    mesh = shapes.sheet(levels, 0.02)
    a, b, c = mesh.vertices[mesh.faces].transpose(1, 0, 2)
    normal, middle = np.cross(b - a, c - a), (a + b + c) / 3
    sides = np.abs(middle[:, 0]) > 0.009
    assert sides.sum() >= 32
    assert (normal[sides, 0] * middle[sides, 0] > 0).all()


def test_a_bent_tube_keeps_its_radius() -> None:
    path = np.array([[0, 0, 0], [0, 0, 0.2], [0.1, 0, 0.3], [0.3, 0, 0.3]])
    rings = shapes.tube(path, 0.02, sides=8).vertices.reshape(4, 8, 3)
    np.testing.assert_allclose(np.linalg.norm(rings - path[:, None], axis=2), 0.02)
