import pytest
import torch
from geometry_samples import random_points

from uniseg3d.geometry.cameras import (
    check_intrinsics,
    crop_intrinsics,
    denormalize_intrinsics,
    flip_axes,
    intrinsic_matrix,
    normalize_intrinsics,
    project,
    scale_intrinsics,
    with_center_origin,
    with_corner_origin,
)
from uniseg3d.utils.errors import DataError


def camera(*shape):
    generator = torch.Generator().manual_seed(0)
    focal = 50 + 20 * torch.rand(*shape, 2, generator=generator, dtype=torch.float64)
    return intrinsic_matrix(focal, 30 + 5 * torch.rand(*shape, 2, generator=generator, dtype=torch.float64))


def points_ahead(*shape):
    return random_points(*shape).abs() + torch.tensor([-0.5, -0.5, 1])


def test_one_focal_length_serves_both_axes():
    matrix = intrinsic_matrix(torch.tensor([50.0, 60.0]), torch.tensor([[3.0, 4.0], [5.0, 6.0]]))
    assert matrix.tolist() == [[[50, 0, 3], [0, 50, 4], [0, 0, 1]], [[60, 0, 5], [0, 60, 6], [0, 0, 1]]]


@pytest.mark.parametrize('shape', [(), (3,), (2, 2)])
def test_projection_by_hand(shape):
    matrix, points = camera(*shape), points_ahead(*shape, 4, 5)
    pixels, depth = project(points, matrix)
    fx, cy = (matrix[..., i, j][..., None, None] for i, j in ((0, 0), (1, 2)))
    torch.testing.assert_close(depth, points[..., 2])
    torch.testing.assert_close(pixels[..., 0], fx * points[..., 0] / depth + matrix[..., 0, 2][..., None, None])
    torch.testing.assert_close((pixels[..., 1] - cy) * depth, matrix[..., 1, 1][..., None, None] * points[..., 1])


def test_a_cropped_and_scaled_image_shows_the_same_point_where_it_went():
    matrix, points = camera(), points_ahead(20)
    pixels, _ = project(points, matrix)
    torch.testing.assert_close(project(points, crop_intrinsics(matrix, 7, 3))[0], pixels - torch.tensor([7.0, 3.0]))
    # edges stay edges: -0.5 is the left edge of the image before and after
    torch.testing.assert_close(project(points, scale_intrinsics(matrix, 0.5))[0] + 0.5, 0.5 * (pixels + 0.5))


def test_shares_of_the_image_and_pixels():
    matrix, points = camera(3), points_ahead(3, 20)
    shares = normalize_intrinsics(matrix, 48, 64)
    expected = (project(points, matrix)[0] + 0.5) / torch.tensor([64.0, 48.0])
    torch.testing.assert_close(project(points, shares)[0], expected)
    torch.testing.assert_close(denormalize_intrinsics(shares, 48, 64), matrix)
    middle = intrinsic_matrix(torch.tensor(50.0), torch.tensor([31.5, 23.5]))  # of 64 x 48
    assert normalize_intrinsics(middle, 48, 64)[:2, 2].tolist() == [0.5, 0.5]


def test_pixel_centres_at_halves():
    matrix = camera()
    assert torch.equal(with_corner_origin(matrix)[:2, 2], matrix[:2, 2] + 0.5)
    torch.testing.assert_close(with_center_origin(with_corner_origin(matrix)), matrix)


def test_opengl_axes_point_up_and_back():
    pose = torch.eye(4)
    pose[:3, 3] = torch.tensor([1.0, 2, 3])
    flipped = flip_axes(pose)
    assert flipped[:3, 1].tolist() == [0, -1, 0] and flipped[:3, 2].tolist() == [0, 0, -1]
    assert torch.equal(flipped[:, 3], pose[:, 3]) and torch.equal(flip_axes(flipped), pose)


@pytest.mark.parametrize(
    ('place', 'value', 'message'),
    [
        ((0, 0), 0.0, 'photo: focal lengths must be positive, got 0'),
        ((1, 1), -5.0, 'must be positive, got -5'),
        ((0, 2), torch.nan, 'NaN or Inf'),
        ((0, 1), 0.5, 'remove skew'),
        ((2, 2), 2.0, '0 0 1'),
    ],
)
def test_matrices_that_are_no_camera_are_refused(place, value, message):
    matrix = camera(2)
    assert check_intrinsics(matrix, 'photo') is matrix
    matrix[(1, *place)] = value
    with pytest.raises(DataError, match=message):
        check_intrinsics(matrix, 'photo')


def test_other_shapes_are_refused():
    with pytest.raises(DataError, match=r'got shape \[4\]'):
        check_intrinsics(torch.ones(4), 'photo')
