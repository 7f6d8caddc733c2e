"""Blocks that a token steers."""

import torch
import torch.nn.functional as F

from uniseg3d.models.layers.modulated_block import ModulatedBlock, ModulatedNorm
from uniseg3d.models.layers.vit_block import ViTBlock
from uniseg3d.ops.rope import RoPE2D, grid_positions


def tokens(batch=2, count=6, dim=8):
    torch.manual_seed(0)
    return torch.randn(batch, count, dim), torch.randn(batch, 1, dim)


def test_shift_comes_before_scale():
    values, steering = tokens()
    norm = ModulatedNorm(8)
    shift, scale = F.linear(F.silu(steering), norm.steer.weight, norm.steer.bias).split(8, -1)
    torch.testing.assert_close(norm(values, steering), F.layer_norm(values, (8,), eps=1e-6) * (1 + scale) + shift)


def test_without_steering_it_is_a_plain_block():
    values, steering = tokens()
    block, plain = ModulatedBlock(8, 2), ViTBlock(8, 2)
    for norm in (block.norm1, block.norm2):
        torch.nn.init.zeros_(norm.steer.weight)
        torch.nn.init.zeros_(norm.steer.bias)
    plain.attn, plain.mlp = block.attn, block.mlp
    rotate = RoPE2D()(grid_positions(2, 3), 4)
    torch.testing.assert_close(block(values, steering, rotate), plain(values, rotate))


def test_each_stream_is_steered_by_its_own_token():
    values, steering = tokens()
    block = ModulatedBlock(8, 2)
    both, turned = block(values, steering), block(values, steering.flip(0))
    torch.testing.assert_close(both[:1], block(values[:1], steering[:1]))
    assert not torch.allclose(both, turned)


def test_gradients_reach_the_steering_token():
    values, steering = tokens()
    steering.requires_grad_()
    ModulatedBlock(8, 2)(values, steering).square().sum().backward()
    assert steering.grad.abs().min() > 0
