"""Encoder with the camera's token, two-view and multi-view decoder against the original's numbers."""

import pytest
import siu3r_archives as archives
import torch
from siu3r_archives import assert_equals, sizes, tensor

from uniseg3d.geometry.radial import exp_length
from uniseg3d.models.decoders import pairwise
from uniseg3d.models.encoders import camera_vit
from uniseg3d.models.encoders.camera_vit import CameraViT
from uniseg3d.ops.rope import RoPE2D
from uniseg3d.utils.weights import apply_weights

pytestmark = pytest.mark.full_set
NAME = 'backbone'


@pytest.fixture(scope='module')
def parts():
    enc_depth, dec_depth, enc_dim, dec_dim, enc_heads, dec_heads, patch = sizes(
        NAME, 'cfg/enc_depth_decdepth_encdim_decdim_encheads_decheads_patch'
    )
    encoder = CameraViT({'type': 'PatchEmbed', 'dim': enc_dim, 'patch': patch}, enc_depth, enc_heads).eval()
    decoder = pairwise.PairwiseDecoder(enc_dim, dec_dim, dec_depth, dec_heads).eval()
    published = archives.weights(NAME)
    ours, theirs = camera_vit.remap_keys(published), pairwise.remap_keys(published)
    assert len(ours) + len(theirs) == len(published)
    assert not apply_weights(encoder, ours) and not apply_weights(decoder, theirs)
    return encoder, decoder


@torch.no_grad()
def encoded(parts, view):
    return parts[0](tensor(NAME, 'in/image')[:, view], tensor(NAME, 'in/intrinsics')[:, view])


@torch.no_grad()
def test_patches_positions_and_camera(parts):
    encoder, _ = parts
    images, cameras = tensor(NAME, 'in/image'), tensor(NAME, 'in/intrinsics')
    tokens, positions = encoder.patch_embed(images[:, 0])
    assert_equals(tokens, tensor(NAME, 'mid/patch_tokens_view1'), 'patches')
    assert torch.equal(positions.expand(len(tokens), -1, -1), tensor(NAME, 'mid/patch_pos_view1'))
    found = encoder.camera(cameras.flatten(2))
    assert_equals(found, tensor(NAME, 'mid/intrinsics_embed'), 'camera')


def test_every_block_of_the_encoder(parts):
    for view in (0, 1):
        answer = encoded(parts, view)
        assert_equals(answer.tokens[:, :-1], tensor(NAME, f'out/feat_view{view + 1}'), 'features')
        for number, inner in enumerate(answer.inner):
            assert_equals(inner, tensor(NAME, f'out/all_feat_view{view + 1}_{number}'), f'block {number}')


@torch.no_grad()
def decoded(parts, views):
    answers = [encoded(parts, view) for view in views]
    return parts[1]([a.tokens for a in answers], [a.positions for a in answers])


def test_two_views_look_at_each_other(parts):
    for view, layers in enumerate(decoded(parts, (0, 1))):
        for number, layer in enumerate(layers):
            assert_equals(layer[:, :-1], tensor(NAME, f'out/dec_view{view + 1}_{number}'), f'view {view} layer {number}')


def test_more_views_look_at_all_others(parts):
    views = range(tensor(NAME, 'in/image').shape[1])
    image_layers = decoded(parts, views)
    for number in range(len(image_layers[0])):
        found = torch.stack([layers[number][:, :-1] for layers in image_layers], 1)
        assert_equals(found, tensor(NAME, f'outmulti/dec_{number}'), f'layer {number}')
    features = torch.stack([encoded(parts, view).tokens[:, :-1] for view in views], 1)
    assert_equals(features, tensor(NAME, 'outmulti/feat'), 'features')


def test_rotary_positions():
    tokens = tensor(NAME, 'rope/tokens')
    turned = RoPE2D()(tensor(NAME, 'rope/pos'), tokens.shape[-1])(tokens)
    assert_equals(turned, tensor(NAME, 'rope/out'), 'rope')


def test_points_are_stretched_as_published():
    raw = tensor('gaussian_head', 'out/point_raw_chw').permute(0, 2, 3, 1)
    assert_equals(exp_length(raw), tensor('gaussian_head', 'out/points_hwc'), 'points')
