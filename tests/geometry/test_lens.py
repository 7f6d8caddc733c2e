"""Lenses: rays land where the polynomials say, and undistorted pictures show straight lines."""

import numpy as np
import pytest

from uniseg3d.geometry.lens import Lens, sample_colors, sample_mask
from uniseg3d.utils.errors import DataError

CAMERA = np.array([[80.0, 0, 61.0], [0, 82.0, 44.0], [0, 0, 1]])
LENSES = {
    'PINHOLE': (),
    'SIMPLE_RADIAL': (0.05,),
    'RADIAL': (0.05, -0.02),
    'OPENCV': (0.05, -0.08, 0.002, -0.003),
    'SIMPLE_RADIAL_FISHEYE': (0.02,),
    'OPENCV_FISHEYE': (0.02, -0.01, 0.003, -0.001),
}
SIZE = (120, 90)


def lens(model: str) -> Lens:
    return Lens(model, CAMERA, LENSES[model], *SIZE)


@pytest.mark.parametrize('model', LENSES)
def test_rays_come_back_from_where_they_land(model):
    rays = np.random.default_rng(0).uniform(-0.6, 0.6, (50, 2))
    pixels = lens(model).bend(rays) * CAMERA[[0, 1], [0, 1]] + CAMERA[:2, 2]
    np.testing.assert_allclose(lens(model).straighten(pixels), rays, atol=1e-9)


def test_a_fisheye_lens_maps_angles():
    even = Lens('OPENCV_FISHEYE', CAMERA, (0, 0, 0, 0), *SIZE)
    rays = np.array([[np.tan(0.3), 0], [0, -np.tan(1.2)], [0, 0]])
    np.testing.assert_allclose(even.bend(rays), [[0.3, 0], [0, -1.2], [0, 0]], atol=1e-12)


@pytest.mark.parametrize('model', LENSES)
def test_the_new_camera_suits_the_lens(model):
    own = lens(model)
    source = own.source(own.pinhole())
    rows, columns = source[0], source[1]
    inside = (rows >= -0.5) & (rows <= SIZE[1] - 0.5) & (columns >= -0.5) & (columns <= SIZE[0] - 0.5)
    if own.fisheye:  # hardly a pixel is empty, and the axis is in the middle
        assert inside.mean() > 0.97
        np.testing.assert_allclose(own.pinhole()[:2, 2], [(SIZE[0] - 1) / 2, (SIZE[1] - 1) / 2])
    else:  # all of the picture is still there
        assert rows.min() < 1 and rows.max() > SIZE[1] - 2 and columns.min() < 1 and columns.max() > SIZE[0] - 2


def test_a_pinhole_stays_as_it_is():
    own = lens('PINHOLE')
    np.testing.assert_allclose(own.pinhole(), CAMERA, atol=1e-9)
    image = np.random.default_rng(0).integers(0, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
    assert np.array_equal(sample_colors(image, own.source(CAMERA)), image)


def test_beyond_the_edge_colors_are_mirrored_and_masks_are_true():
    image = np.arange(4, dtype=np.uint8)[None, :, None].repeat(3, 2).repeat(4, 0)
    source = np.stack(np.meshgrid([1.0], [-1.0, 0.5, 4.0], indexing='ij'))
    assert sample_colors(image, source)[0, :, 0].tolist() == [1, 0, 2]  # a half is rounded to even
    mask = np.array([[True, False, True, True]] * 4)
    assert sample_mask(mask, source)[0].tolist() == [True, False, True]


def test_unknown_lenses_are_named():
    with pytest.raises(DataError, match='FOV cannot be undistorted'):
        Lens('FOV', CAMERA, (0.1,), *SIZE)
    with pytest.raises(DataError, match='OPENCV has 4 numbers of distortion, got 1'):
        Lens('OPENCV', CAMERA, (0.1,), *SIZE)
