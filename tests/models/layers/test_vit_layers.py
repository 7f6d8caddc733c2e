"""Blocks of the image networks: masks, contexts, gradients, precisions."""

import pytest
import torch

from uniseg3d.models.layers.cross_attention import CrossAttention
from uniseg3d.models.layers.decoder_block import DecoderBlock
from uniseg3d.models.layers.feed_forward import FeedForward
from uniseg3d.models.layers.linear import Linear, init_linears
from uniseg3d.models.layers.query_attention import Seen
from uniseg3d.models.layers.self_attention import SelfAttention
from uniseg3d.models.layers.vit_block import ViTBlock
from uniseg3d.ops.rope import RoPE2D, grid_positions
from uniseg3d.utils.errors import ConfigError

DIM, HEADS, TOKENS = 16, 2, 6


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def rotation():
    return RoPE2D()(grid_positions(2, 3), DIM // HEADS)


def test_self_attention_equals_the_formula():
    layer, tokens = SelfAttention(DIM, HEADS), torch.randn(2, TOKENS, DIM)
    query, key, value = layer.qkv(tokens).chunk(3, -1)
    result = layer(tokens)
    for head in range(HEADS):
        part = slice(head * DIM // HEADS, (head + 1) * DIM // HEADS)
        weight = (query[..., part] @ key[..., part].mT / (DIM // HEADS) ** 0.5).softmax(-1)
        result = result - (weight @ value[..., part]) @ layer.proj.weight[:, part].T
    torch.testing.assert_close(result, layer.proj.bias.expand_as(result), atol=1e-5, rtol=0)


def test_self_attention_is_cross_attention_to_oneself():
    layer, other, tokens = SelfAttention(DIM, HEADS), CrossAttention(DIM, HEADS), torch.randn(2, TOKENS, DIM)
    for part, weight, bias in zip(
        (other.projq, other.projk, other.projv), layer.qkv.weight.chunk(3), layer.qkv.bias.chunk(3), strict=True
    ):
        part.load_state_dict({'weight': weight, 'bias': bias})
    other.proj.load_state_dict(layer.proj.state_dict())
    rotate, blocked = rotation(), torch.rand(2, 1, TOKENS, TOKENS) < 0.4
    mixed = other(tokens, other.look_at(tokens, rotate), rotate, blocked)
    torch.testing.assert_close(layer(tokens, rotate, blocked), mixed)


@pytest.mark.parametrize('kind', [SelfAttention, CrossAttention])
def test_heads_share_the_width(kind):
    with pytest.raises(ConfigError, match='multiple'):
        kind(DIM, 3)


def test_blocked_context_is_not_seen():
    block, tokens, context = DecoderBlock(DIM, HEADS), torch.randn(2, TOKENS, DIM), torch.randn(2, 5, DIM)
    blocked = torch.zeros(2, 1, 1, 5, dtype=torch.bool)
    blocked[1, ..., 3:] = True
    result = block(tokens, context, blocked_context=blocked)
    torch.testing.assert_close(result[0], block(tokens, context)[0])
    torch.testing.assert_close(result[1], block(tokens[1:], context[1:, :3])[0])


def test_tokens_that_see_nothing_stay_finite():
    block, tokens = DecoderBlock(DIM, HEADS), torch.randn(1, TOKENS, DIM, requires_grad=True)
    nowhere = torch.ones(1, 1, TOKENS, 5, dtype=torch.bool)
    result = block(tokens, torch.full((1, 5, DIM), 3.0), blocked_context=nowhere)
    result.sum().backward()
    assert result.isfinite().all() and tokens.grad.isfinite().all()


def test_pieces_of_a_memory_may_be_looked_at_one_by_one():
    block, tokens, context = DecoderBlock(DIM, HEADS), torch.randn(2, TOKENS, DIM), torch.randn(2, 7, DIM)
    pieces = [block.look_at(piece) for piece in context.split([3, 4], 1)]
    memory = Seen(*(torch.cat(parts, 2) for parts in zip(*pieces, strict=True)))
    torch.testing.assert_close(block(tokens, memory), block(tokens, context))


def test_a_memory_that_is_normalised_already():
    plain, normed = DecoderBlock(DIM, HEADS, norm_context=False), DecoderBlock(DIM, HEADS)
    plain.load_state_dict({k: v for k, v in normed.state_dict().items() if not k.startswith('norm_y')})
    tokens, context = torch.randn(1, TOKENS, DIM), torch.randn(1, 5, DIM)
    torch.testing.assert_close(plain(tokens, normed.norm_y(context)), normed(tokens, context))


def test_blocks_do_nothing_when_their_branches_give_zero():
    tokens, context = torch.randn(1, TOKENS, DIM), torch.randn(1, 5, DIM)
    for block, arguments in ((ViTBlock(DIM, HEADS), ()), (DecoderBlock(DIM, HEADS), (context,))):
        for name, parameter in block.named_parameters():
            if '.proj.' in name or 'fc2' in name:
                torch.nn.init.zeros_(parameter)
        torch.testing.assert_close(block(tokens, *arguments), tokens, rtol=0, atol=0)


def test_gradients_reach_everything():
    block = DecoderBlock(DIM, HEADS)
    tokens, context = torch.randn(1, TOKENS, DIM, requires_grad=True), torch.randn(1, TOKENS, DIM, requires_grad=True)
    block(tokens, context, rotation(), rotation()).square().sum().backward()
    touched = [*block.named_parameters(), ('tokens', tokens), ('context', context)]
    dead = {name for name, value in touched if value.grad is None or not value.grad.any()}
    assert dead <= {'attn.qkv.bias', 'cross_attn.projk.bias'}  # a bias of keys moves no softmax unless it is rotated


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
def test_autocast_stays_near_float32(dtype):
    block, tokens, context = DecoderBlock(DIM, HEADS), torch.randn(1, TOKENS, DIM), torch.randn(1, TOKENS, DIM)
    exact = block(tokens, context, rotation(), rotation())
    with torch.autocast('cpu', dtype):
        rough = block(tokens, context, rotation(), rotation())
    assert 0 < (rough.float() - exact).abs().max() < 0.1


def test_the_exact_gelu_between():
    layer, tokens = FeedForward(DIM, 24, 5), torch.randn(3, DIM)
    hidden = layer.fc1(tokens)
    torch.testing.assert_close(layer(tokens), layer.fc2(hidden * 0.5 * (1 + torch.erf(hidden / 2**0.5))))


def test_start_of_linear_layers():
    layer = init_linears(block := ViTBlock(DIM, HEADS)) or block
    bound = (6 / (DIM + 3 * DIM)) ** 0.5
    assert 0.9 * bound < layer.attn.qkv.weight.abs().max() <= bound and not layer.attn.qkv.bias.any()
    torch.testing.assert_close(Linear(4, 3, bias=False)(torch.zeros(2, 4)), torch.zeros(2, 3))
