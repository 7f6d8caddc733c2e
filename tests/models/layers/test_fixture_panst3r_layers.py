"""Rotation, blocks and patch embedding against the originals' numbers."""

import pytest
import torch
from panst3r_archives import archive, assert_equals, setting, tensor, weights

from uniseg3d.models.layers.decoder_block import DecoderBlock
from uniseg3d.models.layers.patch_embed import ManyAspectPatchEmbed
from uniseg3d.models.layers.vit_block import ViTBlock
from uniseg3d.ops.rope import RoPE2D
from uniseg3d.utils.weights import apply_weights

BLOCKS, MANY_ASPECTS = 'i_rope_blocks', 'i_many_ar_patch_embed'


@pytest.fixture
def rotations():
    width = tensor(BLOCKS, 'in.block.x').shape[2] // int(setting(BLOCKS, 'heads_block'))
    rope = RoPE2D(setting(BLOCKS, 'rope_base'))
    where = (tensor(BLOCKS, f'in.{name}') for name in ('rope.positions', 'decblock.context_positions'))
    return [rope(positions, width) for positions in where]


def block(kind, prefix, **options):
    made = weights(BLOCKS, prefix)
    dim, ratio = len(made['norm1.weight']), len(made['mlp.fc1.bias']) / len(made['norm1.weight'])
    layer = kind(dim, int(setting(BLOCKS, 'heads_block')), ratio, setting(BLOCKS, 'ln_eps'), **options)
    apply_weights(layer, made)
    return layer.eval()


@pytest.mark.parametrize(('name', 'expected'), [('RoPE100', 'f0_1'), ('RoPE100_224:512', 'f0_224_512')])
def test_rotation(name, expected):
    tokens, positions = tensor(BLOCKS, 'in.rope.tokens'), tensor(BLOCKS, 'in.rope.positions')
    assert tokens.shape[1] == setting(BLOCKS, 'heads_rope')
    assert_equals(RoPE2D.named(name)(positions, tokens.shape[3])(tokens), BLOCKS, f'rope.{expected}')


@torch.no_grad()
def test_encoder_block(rotations):
    layer, tokens = block(ViTBlock, 'block.'), tensor(BLOCKS, 'in.block.x')
    assert_equals(layer.attn(layer.norm1(tokens), rotations[0]), BLOCKS, 'block.attn')
    assert_equals(layer(tokens, rotations[0]), BLOCKS, 'block.y')


@pytest.mark.parametrize('seen_before', [False, True])
@torch.no_grad()
def test_decoder_block(rotations, seen_before):
    layer, context = block(DecoderBlock, 'decblock.'), tensor(BLOCKS, 'in.decblock.context')
    context = layer.look_at(context, rotations[1]) if seen_before else context
    assert_equals(layer(tensor(BLOCKS, 'in.block.x'), context, *rotations), BLOCKS, 'decblock.y')


@torch.no_grad()
def test_portrait_and_landscape_in_one_batch():
    made, shapes = weights(MANY_ASPECTS, 'patch_embed.'), tensor(MANY_ASPECTS, 'in.true_shape')
    assert len({tuple(shape) for shape in shapes.tolist()}) > 1
    layer = ManyAspectPatchEmbed(*made['proj.weight'].shape[:1])
    apply_weights(layer, made)
    tokens, positions = layer(tensor(MANY_ASPECTS, 'in.img_landscape_storage'), shapes)
    assert_equals(tokens, MANY_ASPECTS, 'tokens')
    assert torch.equal(positions, tensor(MANY_ASPECTS, 'out.positions'))


def test_the_archives_are_whole():
    assert {key.split('.')[0] for key in archive(BLOCKS)} == {'in', 'out', 'cfg', 'block', 'decblock'}
