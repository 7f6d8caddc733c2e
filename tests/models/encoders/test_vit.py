"""The encoder of images."""

import copy

import pytest
import torch

from uniseg3d.models.encoders.vit import ViTEncoder, remap_keys
from uniseg3d.utils.errors import ConfigError


def encoder(depth=2, **options):
    torch.manual_seed(0)
    return ViTEncoder({'type': 'PatchEmbed', 'dim': 16, 'patch': 4}, depth, heads=2, **options).eval()


def test_tokens_are_in_raster_order():
    model, images = encoder(), torch.randn(2, 3, 8, 12)
    tokens, positions = model(images)
    assert tokens.shape == (2, 6, 16) and positions.tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]
    torch.testing.assert_close(model(images[1:])[0], tokens[1:], atol=1e-5, rtol=1e-5)


def test_places_matter():
    model, images = encoder(), torch.randn(1, 3, 4, 8)
    turned, _ = model(images.unflatten(3, (2, 4)).flip(3).flatten(3))  # the two patches change places
    assert not torch.allclose(turned.flip(1), model(images)[0], atol=1e-3)
    blind = encoder(depth=0)
    torch.testing.assert_close(blind(images.unflatten(3, (2, 4)).flip(3).flatten(3))[0].flip(1), blind(images)[0])


def test_each_block_may_be_looked_at():
    model, images = encoder(depth=3), torch.randn(1, 3, 8, 8)
    outputs = list(model.each_block(*model.patch_embed(images)))
    assert len(outputs) == 3
    torch.testing.assert_close(model.norm(outputs[-1]), model(images)[0])


def test_more_tokens_than_patches():
    """As SIU3R's token of intrinsics, which stands below the image."""
    model, images = encoder(), torch.randn(1, 3, 8, 8)
    tokens, positions = model.patch_embed(images)
    more = torch.cat([tokens, torch.randn(1, 1, 16)], 1), torch.cat([positions, torch.tensor([[2, 0]])])
    *_, last = model.each_block(*more)
    assert last.shape == (1, 5, 16)


def test_names_of_relatives():
    names = ['patch_embed.proj.bias', 'enc_blocks.3.attn.qkv.weight', 'enc_norm.bias', 'dec_blocks.0.norm1.bias']
    assert remap_keys(dict.fromkeys(names)).keys() == {'patch_embed.proj.bias', 'blocks.3.attn.qkv.weight', 'norm.bias'}
    theirs = ['patch_embed.proj.bias', 'blocks_enc.3.attn.qkv.weight', 'norm_enc.bias']
    assert remap_keys(dict.fromkeys(theirs)).keys() == remap_keys(dict.fromkeys(names)).keys()


def test_the_precision_of_places_is_a_choice():
    images = torch.randn(1, 3, 16, 16)
    exact, rounded = (encoder(rope_precision=precision)(images)[0] for precision in ('fp32', 'fp16'))
    assert 0 < (exact - rounded).abs().max() < 0.1
    with pytest.raises(ConfigError, match='RoPE100'):
        encoder(rope='sine')


def test_larger_grids_may_be_shrunk_to_those_of_training():
    images = torch.randn(1, 3, 16, 16)
    assert not torch.allclose(encoder()(images)[0], encoder(rope='RoPE100_224:512')(images)[0], atol=1e-4)


def test_models_can_be_copied_and_have_no_hidden_state():
    model = encoder()
    assert all(name.startswith(('patch_embed.', 'blocks.', 'norm.')) for name in model.state_dict())
    images = torch.randn(1, 3, 8, 8)
    torch.testing.assert_close(copy.deepcopy(model)(images)[0], model(images)[0], rtol=0, atol=0)
