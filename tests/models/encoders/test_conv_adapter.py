"""Maps by plain convolutions, and mask features of them."""

import pytest
import torch

from uniseg3d.models.decoders.conv_pixel_decoder import ConvPixelDecoder
from uniseg3d.models.encoders.conv_adapter import ConvAdapter
from uniseg3d.utils.errors import ConfigError

WIDTHS, DIM = (4, 6, 8, 8), 10


def make(patch=8):
    torch.manual_seed(0)
    return ConvAdapter(DIM, WIDTHS, patch, 'group').eval()


def inner(images, patch=8):
    torch.manual_seed(1)
    return [torch.randn(len(images), images.shape[2] * images.shape[3] // patch**2, DIM) for _ in range(2)]


@pytest.mark.parametrize('patch', [4, 16])
@torch.no_grad()
def test_sizes_and_where_the_patches_come_in(patch):
    images = torch.rand(2, 3, 32, 48)
    tokens, adapter = inner(images, patch), make(patch)
    maps = adapter(images, tokens)
    assert [tuple(map_.shape) for map_ in maps] == [
        (2, width, 32 // s, 48 // s) for width, s in zip(WIDTHS, (2, 4, 8, 16), strict=True)
    ]
    tokens[-1] = tokens[-1] + 1
    changed = [not torch.equal(*pair) for pair in zip(maps, adapter(images, tokens), strict=True)]
    assert changed == [s >= patch for s in (2, 4, 8, 16)], 'what is finer does not hear of it'
    tokens[0] = tokens[0] + 1
    assert torch.equal(adapter(images, tokens)[-1], adapter(images, [tokens[-1]])[-1]), 'the last block alone is read'


@torch.no_grad()
def test_convolutions_know_where_they_are():
    gray = torch.zeros(1, 3, 32, 32)
    finest = make()(gray, [torch.zeros(1, 16, DIM)])[0][0]
    assert (finest[:, 5, 5] - finest[:, 5, 10]).abs().max() > 1e-3


@torch.no_grad()
def test_images_do_not_depend_on_each_other():
    images = torch.rand(2, 3, 32, 32)
    tokens = inner(images)
    alone = make()(images[1:], [part[1:] for part in tokens])
    for one, other in zip(make()(images, tokens), alone, strict=True):
        torch.testing.assert_close(one[1:], other)


def test_mask_features_hear_all_maps():
    torch.manual_seed(0)
    decoder = ConvPixelDecoder(WIDTHS, dim=12, norm='group')
    maps = [torch.randn(2, width, 32 // s, 48 // s, requires_grad=True) for width, s in zip(WIDTHS, (2, 4, 8, 16), strict=True)]
    features, levels = decoder(maps)
    assert features.shape == (2, 12, 16, 24)
    assert [tuple(level.shape) for level in levels] == [(2, 12, 2, 3), (2, 12, 4, 6), (2, 12, 8, 12)]
    (features.square().sum() + sum(level.square().sum() for level in levels)).backward()
    assert all(map_.grad is not None and map_.grad.abs().sum() > 0 for map_ in maps)
    assert all(p.grad is not None for p in decoder.parameters())


@pytest.mark.parametrize('wrong', [{'widths': (4, 4, 4)}, {'patch': 32}])
def test_what_configs_get_wrong(wrong):
    with pytest.raises(ConfigError, match='four maps'):
        ConvAdapter(DIM, **wrong)
