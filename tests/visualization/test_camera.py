"""The camera holds the whole scene, as large as it fits."""

import numpy as np
import pytest

from uniseg3d.visualization.camera import looking_down


@pytest.fixture
def cloud():
    return np.random.default_rng(0).uniform([-3, 2, 0], [4, 4, 2.5], (500, 3))


@pytest.mark.parametrize('azimuth', [0.0, 0.7, 2.0, 4.5])
def test_everything_is_in_the_picture_and_fills_it(cloud, azimuth):
    pixel, depth = looking_down(cloud, azimuth, size=(800, 600)).project(cloud)
    assert (depth > 0).all()
    assert (pixel >= 0).all() and (pixel < [800, 600]).all()
    filled = np.ptp(pixel, axis=0) / [800, 600]
    assert filled.max() > 0.9
    middle = (pixel.min(0) + pixel.max(0)) / 2
    assert np.abs(middle - [400, 300]).max() < 8


def test_up_is_up_and_near_is_large():
    square = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], dtype=float)
    camera = looking_down(square, azimuth=np.pi / 2)  # looks along +y
    pixel, depth = camera.project(np.array([[0.5, 0, 0], [0.5, 0, 1], [0.5, 1, 0], [0, 0, 0], [1, 0, 0]], dtype=float))
    low, high, behind, left, right = pixel
    assert high[1] < low[1] and behind[1] < low[1] and left[0] < right[0]
    assert depth[0] < depth[2]


def test_a_scaled_camera_sees_the_same(cloud):
    camera = looking_down(cloud, 0.3)
    np.testing.assert_allclose(camera.scaled(2).project(cloud)[0], 2 * camera.project(cloud)[0])
