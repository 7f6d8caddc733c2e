"""Clouds from anywhere: units, directions, far coordinates, missing colours and points, and the way back to the file."""

import numpy as np
import pytest

from uniseg3d.apis.own_cloud import CloudOptions, open_cloud, prepare_cloud
from uniseg3d.geometry.rotation import rotation_z
from uniseg3d.geometry.up_axis import up_rotation
from uniseg3d.io.raw_cloud import RawCloud
from uniseg3d.utils.errors import ConfigError, DataError


def room(seed=0, count=6000):
    """Points on the surfaces of a room of 5 x 4 x 2.5 m with a table; metres, z up, floor at 0."""
    rng = np.random.default_rng(seed)
    u = rng.random((count, 3)) * [5, 4, 2.5]
    part = np.arange(count) % 8
    u[part < 3, 2] = 0
    u[part == 3, 0], u[part == 4, 0], u[part == 5, 1], u[part == 6, 1] = 0, 5, 0, 4
    table = part == 7
    u[table] = u[table] * [0.3, 0.3, 0] + [1, 1, 0.7]
    return u, rng.integers(0, 256, (count, 3), dtype=np.uint8)


@pytest.mark.parametrize(('unit', 'scale'), [('m', 1), ('cm', 100), ('mm', 1000)])
@pytest.mark.parametrize('up', ['z', 'y', '-y', '-z'])
def test_unit_and_up_are_found_and_said(unit, scale, up):
    xyz, colors = room()
    cloud = prepare_cloud(RawCloud(scale * xyz @ up_rotation(up), colors), 'a')
    extent = np.ptp(cloud.xyz, axis=0)
    np.testing.assert_allclose(sorted(extent[:2]), [4, 5], atol=0.05)
    assert extent[2] == pytest.approx(2.5, abs=0.02) and abs(np.percentile(cloud.xyz[:, 2], 1)) < 0.02
    assert np.abs(cloud.xyz[:, :2].mean(0)).max() < 1
    said = ' '.join(cloud.notes)
    assert (f'up looks like {up}' in said) == (up != 'z')
    assert (f'unit seems to be {unit}' in said) == (unit != 'm')
    np.testing.assert_allclose(cloud.in_file(), scale * xyz @ up_rotation(up), atol=2e-5 * scale)


def test_what_is_given_is_not_guessed():
    xyz, colors = room()
    cloud = prepare_cloud(RawCloud(100 * xyz, colors), 'a', CloudOptions('m', 'y', align=False))
    assert np.ptp(cloud.xyz, axis=0).max() == pytest.approx(500, abs=1) and not cloud.notes
    np.testing.assert_allclose(cloud.to_model[:3, :3], up_rotation('y'))
    glb = prepare_cloud(RawCloud(100 * xyz, colors, metric_z_up=True), 'a')
    assert not glb.notes and np.ptp(glb.xyz[:, 2]) == pytest.approx(250, abs=1)


def test_tilted_floors_and_turned_walls_are_put_right_for_the_model():
    xyz, colors = room()
    a = np.radians(5)
    tilt = rotation_z(0.5) @ np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    cloud = prepare_cloud(RawCloud(xyz @ tilt.T, colors), 'a')
    np.testing.assert_allclose(sorted(np.ptp(cloud.xyz, axis=0)), [2.5, 4, 5], atol=0.12)
    assert any('tilted by' in note for note in cloud.notes)
    as_it_is = prepare_cloud(RawCloud(xyz @ tilt.T, colors), 'a', CloudOptions(align=False))
    np.testing.assert_allclose(as_it_is.to_model[:3, :3], np.eye(3))


def test_coordinates_far_from_the_origin_keep_their_detail():
    xyz, colors = room()
    far = np.array([450000.0, 5200000.0, 120.0])
    cloud = prepare_cloud(RawCloud(xyz + far, colors), 'a', CloudOptions(align=False))
    np.testing.assert_allclose(np.diff(cloud.xyz[:50], axis=0), np.diff(xyz[:50], axis=0), atol=1e-6)
    assert cloud.in_file().dtype == np.float64
    np.testing.assert_allclose(cloud.in_file(), xyz + far, atol=1e-6, rtol=0)


def test_points_without_coordinates_are_left_out_with_their_triangles():
    xyz, colors = room(count=100)
    xyz[[3, 7]] = np.nan
    faces = np.array([[0, 1, 2], [2, 3, 4], [8, 9, 10]])
    cloud = prepare_cloud(RawCloud(xyz, colors, faces=faces), 'a')
    assert len(cloud) == 98 and cloud.file_points == 100 and 3 not in cloud.rows
    np.testing.assert_array_equal(cloud.faces, [[0, 1, 2], [6, 7, 8]])
    assert '2 of 100 points have NaN' in cloud.notes[0]
    with pytest.raises(DataError, match='none of the 100 points'):
        prepare_cloud(RawCloud(xyz * np.nan), 'a')


def test_clouds_without_colours_are_grey_and_said_to_be():
    cloud = prepare_cloud(RawCloud(room()[0]), 'a')
    assert (cloud.color == cloud.color[0, 0]).all() and 'no colours' in cloud.notes[-1]


@pytest.mark.parametrize('count', [1, 2, 3])
def test_a_few_points_are_a_cloud(count):
    cloud = prepare_cloud(RawCloud(np.ones((count, 3))), 'a')
    assert len(cloud) == count and np.isfinite(cloud.xyz).all() and np.linalg.det(cloud.to_model) > 0


def test_nonsense_is_refused(tmp_path):
    with pytest.raises(ConfigError, match='unit must be auto or one of m, cm, mm, inch'):
        CloudOptions(unit='mile')
    with pytest.raises(ConfigError, match='up must be'):
        CloudOptions(up='sideways')
    (tmp_path / 'stray.xyz').write_text('0 0 0\n1 1 1\n9e9 0 0\n')
    with pytest.raises(DataError, match=r'stray\.xyz: the cloud spans 9e\+09'):
        open_cloud(tmp_path / 'stray.xyz', CloudOptions('m', 'z'))
