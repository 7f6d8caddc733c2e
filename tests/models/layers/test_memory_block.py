"""A block whose images look at a memory, whatever the memory keeps."""

import pytest
import torch

from uniseg3d.models.layers.decoder_block import DecoderBlock
from uniseg3d.models.layers.memory_block import FORMS, MemoryBlock
from uniseg3d.ops.rope import RoPE2D, grid_positions

DIM, HEADS = 16, 2


@pytest.fixture(scope='module')
def block():
    torch.manual_seed(0)
    block = MemoryBlock(DIM, HEADS, 2.0).eval()
    for norm in (block.norm1, block.norm2, block.norm_y):
        torch.nn.init.normal_(norm.weight, 1, 0.3)
    return block


def random(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize('form', FORMS)
@torch.no_grad()
def test_every_form_gives_the_same_answers(block, form):
    context = random(2, 5, DIM)
    stored = block.store(context, form)
    assert stored.shape == (2, 5, 2 * DIM if form == 'keys_values' else DIM)
    for ours, expected in zip(block.recall(stored, form), block.look_at(context), strict=True):
        torch.testing.assert_close(ours, expected)


@torch.no_grad()
def test_one_image_is_a_decoder_block_without_positions_across(block):
    plain = DecoderBlock(DIM, HEADS, 2.0).eval()
    plain.load_state_dict(block.state_dict())
    tokens, context = random(3, 1, 4, DIM), random(3, 6, DIM, seed=1)
    torch.testing.assert_close(block(tokens, block.look_at(context))[:, 0], plain(tokens[:, 0], context))


@torch.no_grad()
def test_images_share_a_context_and_mix_by_themselves(block):
    rotate = RoPE2D(100.0)(grid_positions(2, 2), DIM // HEADS)
    tokens, seen = random(2, 3, 4, DIM), block.look_at(random(2, 6, DIM, seed=1))
    together = block(tokens, seen, rotate)
    for view in range(3):
        torch.testing.assert_close(together[:, view : view + 1], block(tokens[:, view : view + 1], seen, rotate))


@torch.no_grad()
def test_blocked_tokens_are_not_seen(block):
    tokens, context = random(1, 2, 4, DIM), random(1, 6, DIM, seed=1)
    blocked = torch.zeros(8, 6, dtype=torch.bool)
    blocked[4:, 2:] = True  # the second image sees two tokens
    found = block(tokens, block.look_at(context), None, blocked)
    torch.testing.assert_close(found[:, :1], block(tokens[:, :1], block.look_at(context)))
    torch.testing.assert_close(found[:, 1:], block(tokens[:, 1:], block.look_at(context[:, :2])))
