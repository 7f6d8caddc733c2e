"""Families ii and iii: blocks of both streams, of the pose memory and of encoders, and three updates of the pointers."""

import pytest
import torch
from point3r_archives import archive, assert_equals, setting, tensor, weights

from uniseg3d.models.decoders.pointer_encoder import PointerEncoder
from uniseg3d.models.decoders.pointer_memory import AppendingMemory, MergingMemory, merge_radius, nearest_pointers
from uniseg3d.models.decoders.pointer_memory_rows import Pointers
from uniseg3d.models.decoders.two_stream import Places, blocked_by
from uniseg3d.models.layers.decoder_block import DecoderBlock
from uniseg3d.models.layers.vit_block import ViTBlock
from uniseg3d.ops.rope import RoPE2D

pytestmark = pytest.mark.full_set
BLOCKS, UPDATES = 'ii_blocks', 'iii_memory_update'
POINTER_NAMES = {
    'pts_patch_embed.': 'patch_embed.',
    'decoder_embed_memory.': 'project.',
    'value_encoder.': 'blocks.',
    'value_norm.': 'norm.',
    'value_out.': 'out.',
    'memory_attn_head.': 'key.',
}


def block(kind, name, heads='heads'):
    made = kind(setting(BLOCKS, 'dim'), setting(BLOCKS, heads))
    made.load_state_dict(weights(BLOCKS, {f'{name}.0.': ''}))
    return made


@pytest.fixture(scope='module', autouse=True)
def _no_gradients():
    with torch.no_grad():
        yield


@pytest.mark.parametrize('case', ['frame0', 'frame1', 'frame2_masked'])
def test_blocks_of_both_streams(case):
    image_block, memory_block = block(DecoderBlock, 'dec_blocks'), block(DecoderBlock, 'dec_blocks_memory', 'memory_heads')
    padded = '_padded' if case == 'frame2_masked' else ''
    image, memory = tensor(BLOCKS, 'in/image_tokens'), tensor(BLOCKS, f'in/memory_tokens{padded}')
    filling = tensor(BLOCKS, 'in/mask_memory') < 0.5 if padded else None
    turns, turns_of_memory = [(None, None)] * 2
    if case != 'frame0':
        places = Places(tensor(BLOCKS, 'in/pos_image'), tensor(BLOCKS, f'in/pos_memory{padded}'))
        turns, turns_of_memory = (places.rotations(part.attn.head_width) for part in (image_block, memory_block))
    decoded = image_block(image, memory, *turns, blocked_context=blocked_by(filling, image))
    remembered = memory_block(memory, image, *turns_of_memory[::-1], blocked=blocked_by(filling, memory))
    assert_equals(decoded, tensor(BLOCKS, f'out/{case}/image'), 'image')
    seen = slice(None) if filling is None else ~filling
    assert_equals(remembered[seen], tensor(BLOCKS, f'out/{case}/memory')[seen], 'memory')


@pytest.mark.parametrize(
    ('name', 'precision', 'result'),
    [('enc_blocks', 'fp16', 'encoder_block_fp16rope'), ('value_encoder', 'fp32', 'value_block_fp32rope')],
)
def test_blocks_of_encoders(name, precision, result):
    made = block(ViTBlock, name)
    rotate = RoPE2D(precision=precision)(tensor(BLOCKS, 'in/grid_positions'), made.attn.head_width)
    assert_equals(made(tensor(BLOCKS, 'in/grid_tokens'), rotate), tensor(BLOCKS, f'out/{result}'), name)


def test_blocks_of_the_pose_memory():
    made = block(DecoderBlock, 'pose_retriever.read_blocks')
    query, slots = tensor(BLOCKS, 'in/query'), tensor(BLOCKS, 'in/slots')
    assert_equals(made(query, slots), tensor(BLOCKS, 'out/pose_read_block'), 'read')
    assert_equals(made(slots, query), tensor(BLOCKS, 'out/pose_write_block_same_weights'), 'write')


@pytest.fixture(scope='module')
def brought():
    """The pointers that every frame of the archive brings."""
    found = weights(UPDATES, POINTER_NAMES)
    depth = 1 + max(int(name.split('.')[1]) for name in found if name.startswith('blocks.'))
    sizes = (setting(UPDATES, name) for name in ('enc_dim', 'dec_dim'))
    encoder = PointerEncoder(*sizes, depth, setting(UPDATES, 'value_heads'), setting(UPDATES, 'patch'))
    encoder.load_state_dict(found)
    frames = []
    while f'in/{len(frames)}/pts3d' in archive(UPDATES):
        inputs = (tensor(UPDATES, f'in/{len(frames)}/{name}') for name in ('feat', 'dec', 'pts3d'))
        frames.append(Pointers.of_frame(*encoder(*inputs), len(frames)))
    return encoder, frames


def test_pointers_of_a_frame(brought):
    encoder, frames = brought
    for number, seen in enumerate(frames):
        inputs = (tensor(UPDATES, f'in/{number}/{name}') for name in ('feat', 'dec'))
        assert_equals(encoder.key(torch.cat([*inputs], -1)), tensor(UPDATES, f'out/{number}/key'), 'key')
        shape = encoder.value(tensor(UPDATES, f'in/{number}/pts3d').permute(0, 3, 1, 2))
        assert_equals(shape, tensor(UPDATES, f'out/{number}/value'), 'value')
        assert_equals(seen.features, tensor(UPDATES, f'out/{number}/new_features'), 'features')
        assert_equals(seen.positions, tensor(UPDATES, f'out/{number}/new_positions'), 'positions')


def test_merging(brought):
    memory = None
    for number, seen in enumerate(brought[1]):
        memory = MergingMemory()(memory, seen)
        for stream, count in enumerate(memory.counts):
            one = memory.of_stream(stream)
            expected = tensor(UPDATES, f'out/{number}/memory_features/{stream}')
            assert count == len(expected)
            assert_equals(one.features[0], expected, 'features')
            assert_equals(one.positions[0], tensor(UPDATES, f'out/{number}/memory_positions/{stream}'), 'positions')


def test_decisions_of_the_second_frame(brought):
    first, second = brought[1][:2]
    radius = merge_radius(first, second.positions, 20)
    distance, index = nearest_pointers(first, second.positions)
    for stream in range(len(radius)):
        assert_equals(radius[stream], tensor(UPDATES, f'out/1/threshold/{stream}'), 'threshold')
        assert_equals(distance[stream], tensor(UPDATES, f'out/1/nearest_distance/{stream}'), 'distance')
        assert torch.equal(index[stream], tensor(UPDATES, f'out/1/nearest_index/{stream}'))
        assert torch.equal(distance[stream] >= radius[stream], tensor(UPDATES, f'out/1/append_mask/{stream}'))


def test_appending(brought):
    memory = None
    for seen in brought[1][:2]:
        memory = AppendingMemory()(memory, seen)
    assert_equals(memory.features, tensor(UPDATES, 'out/append/memory_features'), 'features')
    assert_equals(memory.positions, tensor(UPDATES, 'out/append/memory_positions'), 'positions')
