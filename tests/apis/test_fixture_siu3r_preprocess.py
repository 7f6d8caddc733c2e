"""Photos as SIU3R takes them."""

from functools import cache

import numpy as np
import pytest
import torch
from fixture_paths import fixture_folder

from uniseg3d.apis.photo_gaussians import PhotoCamera, prepare_photos
from uniseg3d.apis.photo_source import SourceFrame
from uniseg3d.geometry.cameras import normalize_intrinsics
from uniseg3d.geometry.middle_square import middle_square

pytestmark = pytest.mark.full_set


@cache
def archive() -> dict[str, np.ndarray]:
    with np.load(fixture_folder('siu3r') / 'data.npz') as file:
        return {key: file[key] for key in file.files}


def numbers() -> list[str]:
    return [key.split('/')[1] for key in archive() if key.endswith('/image')]


def test_photos_become_the_same_squares() -> None:
    for number in numbers():
        expected = archive()[f'preprocess/{number}/out_u8']
        found = middle_square(archive()[f'preprocess/{number}/image'], expected.shape[-1])
        np.testing.assert_array_equal(found.image.transpose(2, 0, 1), expected)


def test_values_of_the_network() -> None:
    frames = [SourceFrame(number, 0, archive()[f'preprocess/{number}/image']) for number in numbers()]
    batch = prepare_photos(frames, archive()[f'preprocess/{numbers()[0]}/out_u8'].shape[-1]).batch
    for image, number in zip(batch.images[0], numbers(), strict=True):
        corner = torch.from_numpy(archive()[f'preprocess/{number}/out_corner_float'])
        _, height, width = corner.shape
        torch.testing.assert_close((image[:, :height, :width] + 1) / 2, corner, rtol=0, atol=1e-6)


def test_cameras_of_the_cut_become_the_same_shares_of_it() -> None:
    pixels, expected = archive()['camera/intrinsic_px'], archive()['camera/intrinsic_normalised']
    camera = PhotoCamera(pixels[0, 0], pixels[1, 1], pixels[0, 2], pixels[1, 2], of_cut=True)
    found = normalize_intrinsics(torch.from_numpy(camera.matrix), 256, 256)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
