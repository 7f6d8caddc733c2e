"""Families vii and ix of PanSt3R: the table of image sizes, and training views with id maps."""

import numpy as np
import torch
from panst3r_archives import archive, tensor

from uniseg3d.geometry.image_resize import choose_resolution, crop_shape, fit_to_table, resolution_table
from uniseg3d.geometry.view_crop import ViewImage, crop_view, orient

RESIZE, DATA = 'vii_image_resize', 'ix_data_and_schedule'


def test_sizes_of_photos():
    table = archive(RESIZE)['out.table_maxdim_H_W_cropH_cropW_outH_outW']
    for size, height, width, *expected in table.tolist():
        chosen = choose_resolution(height, width, resolution_table(size))
        assert [*crop_shape(height, width, chosen), *chosen] == expected


def test_a_resized_photo_and_where_its_pixels_went():
    table = tuple((int(long), int(short)) for _, long, short in archive(RESIZE)['cfg.ratio_table'])
    image = tensor(RESIZE, 'in.image')
    fitted, transform = fit_to_table(image, table)
    torch.testing.assert_close(fitted, tensor(RESIZE, 'out.image_resized'), atol=2e-6, rtol=0)
    # the original counts neither half pixels nor that a crop by one and a half pixels is one by two
    theirs, (height, width) = archive(RESIZE)['out.pixel_to_resized'], image.shape[-2:]
    crop = crop_shape(height, width, tuple(fitted.shape[-2:]))
    np.testing.assert_allclose(transform[[0, 1], [0, 1]], theirs[[0, 1], [0, 1]])
    np.testing.assert_allclose(theirs[:2, 2], -theirs[[0, 1], [0, 1]] * [(width - crop[1]) / 2, (height - crop[0]) / 2])
    assert np.abs(transform - theirs).max() < 1
    np.testing.assert_allclose(theirs @ archive(RESIZE)['out.resized_to_pixel'], np.eye(3), atol=1e-12)


def test_training_views_with_ids():
    for number in sorted({key.split('.')[1] for key in archive(DATA) if key.startswith('cfg.crop')}):
        given, expected = (
            {key.split('.')[2]: value for key, value in archive(DATA).items() if key.startswith(f'{part}.{number}.')}
            for part in ('in', 'out')
        )
        setting = {key: archive(DATA)[f'cfg.{number}.{key}'] for key in ('resolution_WH', 'aug_crop', 'rng_seed')}
        rng = np.random.default_rng(int(setting['rng_seed']))
        resolution = orient(tuple(setting['resolution_WH'].tolist()), *given['image'].shape[:2], rng)
        extra = int(rng.integers(setting['aug_crop'])) if setting['aug_crop'] > 1 else 0
        maps = {name: given[name] for name in ('depth', 'instance', 'class')}
        cropped = crop_view(ViewImage(given['image'], given['K'], maps), resolution, extra)
        assert cropped.image.shape == expected['image'].shape
        assert np.abs(cropped.image.astype(int) - expected['image']).max() <= 1
        np.testing.assert_allclose(cropped.intrinsics, expected['K'], rtol=1e-6)
        for name, values in cropped.maps.items():
            assert np.array_equal(values, expected[name]), name
