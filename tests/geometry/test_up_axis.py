"""Which way is up, for rooms turned in all directions; the unit; floors that are tilted and walls that are turned."""

import numpy as np
import pytest

from uniseg3d.geometry.floor import find_floor, levelling, storey_floors, wall_angle
from uniseg3d.geometry.rotation import rotation_z
from uniseg3d.geometry.units import UNITS, guess_unit
from uniseg3d.geometry.up_axis import UPS, guess_up, up_rotation, up_scores

SPACING = 0.08


def patch(low, high, normal):
    """Points every SPACING over an axis-aligned rectangle, and its normals."""
    axes = [np.arange(a, b + 1e-9, SPACING) if b > a else np.array([a]) for a, b in zip(low, high, strict=True)]
    xyz = np.stack(np.meshgrid(*axes, indexing='ij'), -1).reshape(-1, 3)
    return xyz, np.tile(np.array(normal, float), (len(xyz), 1))


def room(ceiling=False, furniture=True):
    """A room of 5 x 4 x 2.6 m whose things stand on its floor."""
    parts = [patch((0, 0, 0), (5, 4, 0), (0, 0, 1))]
    parts += [patch((0, y, 0), (5, y, 2.6), (0, 1, 0)) for y in (0, 4)] + [
        patch((x, 0, 0), (x, 4, 2.6), (1, 0, 0)) for x in (0, 5)
    ]
    if furniture:
        parts += [patch((1, 1, 0.75), (2.4, 1.8, 0.75), (0, 0, 1)), patch((3, 2, 0.45), (4.8, 3.6, 0.45), (0, 0, -1))]
        parts += [patch((3, 2, 0), (3, 3.6, 0.45), (1, 0, 0)), patch((0.2, 0.1, 0.9), (0.2, 0.9, 1.9), (1, 0, 0))]
    if ceiling:
        parts.append(patch((0, 0, 2.6), (5, 4, 2.6), (0, 0, -1)))
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


@pytest.mark.parametrize('up', UPS)
def test_rotations_turn_their_direction_to_z(up):
    rotation = up_rotation(up)
    direction = np.zeros(3)
    direction['xyz'.index(up[-1])] = -1 if up[0] == '-' else 1
    np.testing.assert_array_equal(rotation @ direction, [0, 0, 1])
    np.testing.assert_array_equal(rotation @ rotation.T, np.eye(3))
    assert np.linalg.det(rotation) == pytest.approx(1)


@pytest.mark.parametrize('up', UPS)
@pytest.mark.parametrize('ceiling', [False, True])
def test_up_is_found_in_all_directions(up, ceiling):
    xyz, normals = room(ceiling)
    turn = up_rotation(up)  # rows of points times this matrix lie as in a file with that up
    assert guess_up(100 * xyz @ turn + 7, normals @ turn, 100 * SPACING) == up


def test_z_wins_where_nothing_speaks_for_another_direction():
    normals = np.random.default_rng(0).normal(size=(5000, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    assert guess_up(normals, normals, 0.02) == 'z'  # a ball
    assert set(up_scores(np.zeros((4, 3)), np.tile([0.0, 0, 1], (4, 1)), 0.1)) == set(UPS)


@pytest.mark.parametrize(
    ('height', 'unit'),
    [(0.4, 'm'), (2.6, 'm'), (12, 'm'), (102, 'inch'), (240, 'cm'), (600, 'cm'), (2600, 'mm'), (9000, 'mm')],
)
def test_units_follow_from_the_height(height, unit):
    assert guess_unit(height) == unit
    assert 0.3 < height * UNITS[unit] < 13


@pytest.mark.parametrize('degrees', [0.0, 3.0, 8.0])
def test_a_tilted_floor_is_found_and_levelled(degrees):
    xyz, normals = room()
    a = np.radians(degrees)
    tilt = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]]) @ rotation_z(0.3)
    floor = find_floor(xyz @ tilt.T + [0, 0, 5], normals @ tilt.T, SPACING)
    assert np.degrees(np.arccos(min(1, floor.normal @ tilt[:, 2]))) < 0.2
    turn = levelling(floor.normal)
    np.testing.assert_allclose(turn @ floor.normal, [0, 0, 1], atol=1e-9)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-9)
    if degrees == 0:
        assert floor.height == pytest.approx(5, abs=0.02)


def test_storeys_begin_at_their_floors():
    heights = room(ceiling=True)[0][:, 2]
    assert storey_floors(heights).tolist() == [-np.inf]
    building = np.concatenate([heights + level * 3.0 for level in range(3)])  # slabs of 40 cm
    np.testing.assert_allclose(storey_floors(building)[1:], [3, 6], atol=0.15)
    assert storey_floors(np.zeros(1)).tolist() == [-np.inf]


def test_what_has_no_floor_has_none():
    xyz, normals = patch((0, 0, 0), (0, 3, 3), (1, 0, 0))
    assert find_floor(xyz, normals, SPACING) is None
    assert find_floor(np.zeros((0, 3)), np.zeros((0, 3)), SPACING) is None


@pytest.mark.parametrize('degrees', [-44.0, -20.0, 0.0, 10.0, 40.0])
def test_walls_tell_how_a_scan_is_turned(degrees):
    _, normals = room()
    noise = np.random.default_rng(0).normal(scale=0.02, size=normals.shape)
    found = np.degrees(wall_angle(normals @ rotation_z(np.radians(degrees)).T + noise))
    assert abs((found - degrees + 45) % 90 - 45) < 1
    assert wall_angle(np.zeros((0, 3))) == 0
