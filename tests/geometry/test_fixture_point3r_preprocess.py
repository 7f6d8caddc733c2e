"""Family ix: how Point3R crops and scales photos, and points from depth."""

import numpy as np
import pytest
import torch
from point3r_archives import archive, assert_equals

from uniseg3d.geometry.depth import depth_to_pointmap, valid_depth
from uniseg3d.geometry.image_resize import fit_photo
from uniseg3d.geometry.view_crop import ViewImage, crop_view
from uniseg3d.structures import ViewSet
from uniseg3d.structures.view_batch import ViewBatch

pytestmark = pytest.mark.full_set  # too large for the repository
NAME = 'ix_preprocess'
GRAY_LEVELS = 1  # Pillow's versions differ by so much


def numbers(part):
    return sorted({key.split('/')[1] for key in archive(NAME) if key.startswith(part)})


def assert_image(image, expected):
    assert image.shape == expected.shape
    assert np.abs(image.astype(int) - expected).max() <= GRAY_LEVELS


def test_training_views():
    for number in numbers('train/'):
        case = {key.split('/')[-1]: value for key, value in archive(NAME).items() if key.startswith(f'train/{number}/')}
        view = ViewImage(case['image'], case['K'], {'depth': case['depth']})
        cropped = crop_view(view, tuple(case['target_wh'].tolist()), int(case['aug_crop_add']))
        assert_image(cropped.image, case['out_image'])
        assert np.array_equal(cropped.maps['depth'], case['out_depth'])
        np.testing.assert_allclose(cropped.intrinsics, case['out_K'], rtol=1e-6)
        depth, pose = torch.from_numpy(cropped.maps['depth']), torch.from_numpy(case['pose'])
        points = depth_to_pointmap(depth, torch.from_numpy(cropped.intrinsics), pose)
        valid = valid_depth(depth)
        assert np.array_equal(valid.numpy(), case['out_valid'])
        assert_equals(points[valid], torch.from_numpy(case['out_pts3d'])[valid], f'points {number}', 1e-6)
        batch = ViewBatch.of(ViewSet(number, torch.from_numpy(case['out_image'])[None], ['view']))
        torch.testing.assert_close(batch.images[0, 0], torch.from_numpy(case['out_normalised']))


@pytest.mark.parametrize('crop', [True, False])
@pytest.mark.parametrize('size', [512, 224])
def test_photos_of_the_evaluation(size, crop):
    compared = 0
    for number in numbers('eval/'):
        case, prefix = archive(NAME), f'eval/{number}/size{size}_crop{int(crop)}/'
        fitted = fit_photo(case[f'eval/{number}/image'], size, crop)
        if f'{prefix}true_shape' in case:
            assert fitted.image.shape[:2] == tuple(case[f'{prefix}true_shape'])
            (stored,) = (key for key in case if key.startswith(f'{prefix}image_stride'))
            stride = int(stored.removeprefix(f'{prefix}image_stride'))
            assert_image(fitted.image[::stride, ::stride], case[stored])
            compared += 1
        elif f'{prefix}raises' in case:  # the original cannot squeeze a square photo: here it becomes 4:3, as in a crop
            assert fitted.image.shape[0] * 4 == fitted.image.shape[1] * 3
    assert compared
