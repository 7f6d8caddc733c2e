"""Mixer and upscalers: shapes, what each image depends on, and what is refused."""

import pytest
import torch

from uniseg3d.models.layers.input_mixer import InputMixer
from uniseg3d.models.layers.loftup import LoftUp, Waves
from uniseg3d.models.layers.pixel_shuffle_upscaler import PixelShuffleUpscaler
from uniseg3d.models.layers.upscaled import as_map
from uniseg3d.utils.errors import DataError

LOFTUP = {'in_dim': 12, 'dim': 8, 'heads': 2, 'depth': 1, 'image_frequencies': 3, 'patch_frequencies': 2}


def images(views: int, height: int, width: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(views, 3, height, width, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def tokens(views: int, count: int, dim: int = 12) -> torch.Tensor:
    return torch.randn(views, count, dim, generator=torch.Generator().manual_seed(1))


def made(kind: str, **options) -> torch.nn.Module:
    torch.manual_seed(0)
    if kind == 'shuffle':
        return PixelShuffleUpscaler(12, 6, (16, 8, 5), 2.0, **options).eval()
    return LoftUp(**LOFTUP, **options).eval()


@torch.no_grad()
@pytest.mark.parametrize('grid', [(2, 3), (3, 2), (1, 1)])
@pytest.mark.parametrize(('kind', 'level', 'channels'), [('shuffle', 6, 5), ('loftup', 12, 8)])
def test_masks_are_half_as_large_as_images_whatever_their_shape(kind, level, channels, grid):
    rows, columns = grid
    answer = made(kind)(tokens(2, rows * columns), images(2, 16 * rows, 16 * columns), grid)
    assert answer.level.shape == (2, level, rows, columns)
    assert answer.pixels.shape == (2, channels, 8 * rows, 8 * columns)


@torch.no_grad()
@pytest.mark.parametrize('kind', ['shuffle', 'loftup'])
def test_an_image_does_not_depend_on_what_is_beside_it(kind):
    upscaler, pictures, features = made(kind), images(3, 32, 48), tokens(3, 6)
    pictures[1] *= 0.1
    together = upscaler(features, pictures, (2, 3))
    alone = upscaler(features[1:2], pictures[1:2], (2, 3))
    torch.testing.assert_close(together.pixels[1:2], alone.pixels, atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_the_original_stretches_colors_over_the_batch():
    upscaler, pictures, features = made('loftup', scale_over_batch=True), images(2, 32, 48), tokens(2, 6)
    pictures[1] *= 0.1
    together, alone = upscaler(features, pictures, (2, 3)), upscaler(features[1:], pictures[1:], (2, 3))
    assert (together.pixels[1:] - alone.pixels).abs().max() > 0.1


@torch.no_grad()
def test_the_original_turns_portraits():
    turned, upright = made('loftup', transpose_portraits=True), made('loftup')
    features, portrait = tokens(1, 6), images(1, 48, 32)
    assert turned(features, portrait, (3, 2)).pixels.shape[2:] == (16, 24)
    assert upright(features, portrait, (3, 2)).pixels.shape[2:] == (24, 16)
    landscape = images(1, 32, 48)
    assert torch.equal(turned(features, landscape, (2, 3)).pixels, upright(features, landscape, (2, 3)).pixels)


@torch.no_grad()
def test_a_gray_image_has_no_colors_to_stretch():
    assert made('loftup')(tokens(1, 6), torch.zeros(1, 3, 32, 48), (2, 3)).pixels.isfinite().all()


def test_loftup_keeps_single_precision_under_autocast_and_learns():
    upscaler = made('loftup').train()
    with torch.autocast('cpu', torch.bfloat16):
        answer = upscaler(tokens(1, 6).bfloat16(), images(1, 32, 48), (2, 3))
    assert answer.pixels.dtype == torch.float32
    (answer.pixels.square().mean() + answer.level.square().mean()).backward()
    assert all(parameter.grad is not None for parameter in upscaler.parameters())


def test_waves_are_sines_then_cosines_frequency_by_frequency():
    waves = Waves(2, 3)
    waves.biases.data.zero_()
    values = torch.tensor([[0.5, -1.0]])
    frequencies = torch.tensor([-2.0, 4.0, 10.0]).exp()
    angles = (frequencies[:, None] * values).flatten()
    torch.testing.assert_close(waves(values)[0], torch.cat([angles.sin(), angles.cos()]), atol=1e-6, rtol=0)


@torch.no_grad()
def test_the_mixer_mixes_inside_an_image_by_place():
    torch.manual_seed(0)
    mixer = InputMixer(12, 8, heads=2, layers=1, mlp_ratio=2.0).eval()
    features = tokens(2, 6)
    both = mixer(features, (2, 3))
    torch.testing.assert_close(both[1:], mixer(features[1:], (2, 3)), atol=1e-6, rtol=0)
    assert both.shape == (2, 6, 8) and not torch.allclose(both, mixer(features, (3, 2)), atol=1e-4)


def test_tokens_that_are_no_grid_are_refused():
    assert as_map(tokens(2, 6), (2, 3)).shape == (2, 12, 2, 3)
    with pytest.raises(DataError, match='6 tokens make no grid of 2 x 2'):
        as_map(tokens(2, 6), (2, 2))
