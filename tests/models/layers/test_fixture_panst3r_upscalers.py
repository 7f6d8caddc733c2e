"""Family iv: the input mixer and both upscalers on given features."""

import pytest
import torch
from panst3r_archives import archive, assert_equals, tensor, weights
from panst3r_models import grid_of, mixer, upscaler

from uniseg3d.models.layers import input_mixer, loftup, pixel_shuffle_upscaler

pytestmark = pytest.mark.full_set
FIRST, SECOND = ['iv_panst3r_v1', 'iv_panst3r_v1_small'], ['iv_panst3r_v2', 'iv_panst3r_v2_small']
PREFIX = 'panoptic_decoder.'
LOFTUP_TOLERANCE = 1e-2  # sines of large arguments; see the README of the archives


def features(name: str) -> torch.Tensor:
    """What the three encoders say, view by view."""
    parts = [tensor(name, f'out.{part}')[0] for part in ('must3r_encoder', 'must3r_decoder', 'dino')]
    return torch.cat(parts, -1)


@torch.no_grad()
@pytest.mark.parametrize('name', SECOND)
def test_the_mixer(name):
    module = mixer(name)
    module.load_state_dict(input_mixer.remap_keys(weights(name, f'{PREFIX}input_mixer.')))
    assert_equals(module(features(name), grid_of(name)), name, 'mixer')


@torch.no_grad()
@pytest.mark.parametrize('name', FIRST)
def test_pixel_shuffle(name):
    module = upscaler(name)
    module.load_state_dict(pixel_shuffle_upscaler.remap_keys(weights(name, f'{PREFIX}upscaler.')))
    level, pixels = module(features(name), tensor(name, 'in.images')[0], grid_of(name))
    for kind in ('joint', 'single'):
        assert_equals(level, name, f'upscaler.{kind}.level')
        assert_equals(pixels, name, f'upscaler.{kind}.mask_features')


@torch.no_grad()
@pytest.mark.parametrize('kind', ['joint', 'single'])
@pytest.mark.parametrize('name', SECOND)
def test_loftup(name, kind):
    """All images at once with the original's common statistics, and one by one, which those of each image equal."""
    module = upscaler(name, scale_over_batch=kind == 'joint')
    module.load_state_dict(loftup.remap_keys(weights(name, f'{PREFIX}upscaler.')))
    level, pixels = module(tensor(name, 'out.mixer'), tensor(name, 'in.images')[0], grid_of(name))
    assert_equals(level, name, f'upscaler.{kind}.level')
    assert_equals(pixels, name, f'upscaler.{kind}.mask_features', LOFTUP_TOLERANCE)
    assert f'out.upscaler.{kind}.mask_features' in archive(name)
