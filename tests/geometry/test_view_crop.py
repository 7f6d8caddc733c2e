import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uniseg3d.geometry.view_crop import ViewImage, crop_view, orient
from uniseg3d.utils.errors import DataError


def view(height, width, principal=None, focal=100.0):
    """An image with maps that hold the column and row of every pixel."""
    u, v = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    image = np.stack([u * 255 / width, v * 255 / height, 0 * u], -1).astype(np.uint8)
    across, down = principal or ((width - 1) / 2, (height - 1) / 2)
    intrinsics = np.array([[focal, 0, across], [0, focal, down], [0, 0, 1.0]])
    return ViewImage(image, intrinsics, {'u': u, 'v': v})


@settings(max_examples=40, deadline=None)
@given(st.integers(60, 200), st.integers(60, 200), st.floats(0.35, 0.65), st.floats(0.35, 0.65), st.integers(0, 15))
def test_every_pixel_keeps_its_ray(height, width, across, down, extra):
    before = view(height, width, (across * width, down * height))
    after = crop_view(before, (64, 48), extra)
    assert after.image.shape == (48, 64, 3)
    columns, rows = np.meshgrid(np.arange(64), np.arange(48))
    for axis, (name, grid) in enumerate({'u': columns, 'v': rows}.items()):
        slope_before = (after.maps[name] - before.intrinsics[axis, 2]) / before.intrinsics[axis, axis]
        slope_after = (grid - after.intrinsics[axis, 2]) / after.intrinsics[axis, axis]
        pixel = 1 / before.intrinsics[axis, axis] + 1 / after.intrinsics[axis, axis]
        assert np.abs(slope_before - slope_after).max() <= pixel  # nearest values are at most a pixel off


def test_the_principal_point_ends_in_the_middle():
    after = crop_view(view(120, 160, (70.3, 55.8)), (64, 48))
    np.testing.assert_allclose(after.intrinsics[:2, 2], [31.5, 23.5], atol=1)


def test_the_given_view_stays_as_it_is():
    before = view(100, 100)
    intrinsics = before.intrinsics.copy()
    crop_view(before, (48, 48))
    assert np.array_equal(before.intrinsics, intrinsics) and before.image.shape == (100, 100, 3)


def test_a_principal_point_near_the_edge_is_refused():
    with pytest.raises(DataError, match=r'principal point \(5, 50\) lies too near the edge'):
        crop_view(view(100, 100, (5, 50)), (48, 48))


def test_maps_of_another_size_are_refused():
    with pytest.raises(DataError, match='map "depth" has shape'):
        ViewImage(np.zeros((4, 5, 3), np.uint8), np.eye(3), {'depth': np.zeros((5, 4))})


def test_images_choose_their_orientation():
    rng = np.random.default_rng(0)
    assert orient((64, 48), 200, 100, rng) == (48, 64) and orient((48, 64), 100, 200, rng) == (64, 48)
    assert {orient((64, 48), 100, 101, rng) for _ in range(20)} == {(48, 64), (64, 48)}
    assert orient((64, 64), 100, 100, rng) == (64, 64)
