import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from uniseg3d.geometry.image_resize import (
    RESOLUTION_TABLES,
    choose_resolution,
    crop_shape,
    fit_photo,
    fit_to_table,
    resize_nearest,
    resolution_table,
)
from uniseg3d.utils.errors import DataError

sides = st.integers(40, 700)


def ramp(height, width):
    """A photo whose red is the column and whose green is the row, over the whole range."""
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0] = np.linspace(10, 240, width)
    image[..., 1] = np.linspace(10, 240, height)[:, None]
    return image


@settings(max_examples=25, deadline=None)
@given(sides, sides, st.sampled_from([224, 384]), st.booleans(), st.booleans())
def test_photos_become_whole_patches_and_pixels_go_where_the_matrix_says(height, width, size, crop, square_ok):
    photo = ramp(height, width)
    image, transform = fit_photo(photo, size, crop, square_ok)
    assert all(side % 16 == 0 for side in image.shape[:2])
    assert image.shape[:2] == (224, 224) if size == 224 else max(image.shape[:2]) == size
    there = np.array([[image.shape[1] / 2, image.shape[0] / 2, 1], [image.shape[1] / 3, image.shape[0] / 3, 1]])
    back = there @ np.linalg.inv(transform).T
    for (u, v, _), (x, y, _) in zip(there, back, strict=True):
        red, green = np.interp(x, np.arange(width), photo[0, :, 0]), np.interp(y, np.arange(height), photo[:, 0, 1])
        found = [
            np.interp(u, np.arange(image.shape[1]), image[int(v), :, 0]),
            np.interp(v, np.arange(len(image)), image[:, int(u), 1]),
        ]
        np.testing.assert_allclose(found, [red, green], atol=2.5)


def test_a_square_is_cut_to_four_by_three_unless_the_network_takes_it():
    assert fit_photo(ramp(100, 100), 512).image.shape == (384, 512, 3)
    assert fit_photo(ramp(100, 100), 512, square_ok=True).image.shape == (512, 512, 3)
    assert fit_photo(ramp(100, 100), 512, crop=False).image.shape == (384, 512, 3)


def test_what_is_no_photo_is_refused():
    with pytest.raises(DataError, match='0 x 5 pixels'):
        fit_photo(np.zeros((0, 5, 3), np.uint8))
    with pytest.raises(DataError, match='4 x 400 pixels is too narrow'):
        fit_photo(np.zeros((400, 4, 3), np.uint8))
    with pytest.raises(DataError, match='networks of size 500'):
        resolution_table(500)


@settings(max_examples=60, deadline=None)
@given(sides, sides, st.sampled_from(sorted(RESOLUTION_TABLES)))
def test_the_chosen_resolution_is_the_nearest_upright(height, width, size):
    chosen = choose_resolution(height, width, resolution_table(size))
    assert (max(chosen), min(chosen)) in RESOLUTION_TABLES[size]
    assert (chosen[0] > chosen[1]) == (height > width and chosen[0] != chosen[1])
    part = crop_shape(height, width, chosen)
    assert part[0] == height or part[1] == width
    assert part[0] <= height and part[1] <= width
    assert abs(part[1] - part[0] * chosen[1] / chosen[0]) <= max(1, chosen[1] / chosen[0])


def test_an_image_of_the_table_stays_as_it_is():
    image = torch.rand(3, 288, 384, generator=torch.Generator().manual_seed(0))
    fitted, transform = fit_to_table(image, resolution_table(384))
    assert torch.equal(fitted, image) and np.array_equal(transform, np.eye(3))


def test_pixels_of_a_table_image_go_where_the_matrix_says():
    u, v = torch.meshgrid(torch.arange(500.0), torch.arange(301.0), indexing='xy')
    fitted, transform = fit_to_table(torch.stack([u, v, u * 0]), resolution_table(384))
    x, y = torch.meshgrid(torch.arange(fitted.shape[2]), torch.arange(fitted.shape[1]), indexing='xy')
    back = torch.stack([x, y, torch.ones_like(x)]).double().flatten(1).T @ torch.linalg.inv(torch.from_numpy(transform)).T
    inner = fitted[:2, 5:-5, 5:-5]
    expected = back[:, :2].T.reshape(2, *fitted.shape[1:])[:, 5:-5, 5:-5]
    torch.testing.assert_close(inner.double(), expected, atol=0.15, rtol=0)  # antialiasing samples its kernel


def test_nearest_keeps_values():
    values = np.array([[3, 7, 9]], np.uint16)
    assert resize_nearest(values, 6, 2).tolist() == [[3, 3, 7, 7, 9, 9]] * 2 and resize_nearest(values, 6, 2).dtype == np.uint16
    assert resize_nearest(values, 2, 1).tolist() == [[3, 7]]
