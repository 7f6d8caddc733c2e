"""The blended rotary embedding: what stays, what pairs, precisions, gradients, tables made once."""

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / 'tools'))

from peers.literal_point3r import literal_rotation_3d

from uniseg3d.ops.rope3d import BASES, axis_widths, partners, rotation_3d


def sample(width=20, batch=2, heads=3, count=9):
    torch.manual_seed(width)
    return torch.randn(batch, heads, count, width), torch.randn(batch, count, 3) * 5


@pytest.mark.parametrize('width', [3, 7, 16, 48, 64])
def test_every_width_is_that_of_the_literal_loops(width):
    tokens, positions = sample(width)
    torch.testing.assert_close(rotation_3d(positions, width)(tokens), literal_rotation_3d(tokens, positions))


def test_channels_are_shared_out_to_the_axes():
    assert axis_widths(64) == (21, 21, 22) and axis_widths(48) == (16, 16, 16) and axis_widths(16) == (5, 5, 6)


def test_the_origin_changes_nothing():
    tokens, positions = sample()
    assert torch.equal(rotation_3d(torch.zeros_like(positions), 20)(tokens), tokens)


def test_leading_tokens_stay_and_do_not_shift_the_others():
    tokens, positions = sample()
    turned = rotation_3d(positions[:, :7], 20, leading=2)(tokens)
    assert torch.equal(turned[:, :, :2], tokens[:, :, :2])
    torch.testing.assert_close(turned[:, :, 2:], rotation_3d(positions[:, :7], 20)(tokens[:, :, 2:]))


def test_each_axis_turns_its_own_channels():
    tokens, positions = sample(width=21)
    x_only = positions * torch.tensor([1.0, 0.0, 0.0])
    turned = rotation_3d(x_only, 21)(tokens)
    assert torch.equal(turned[..., 7:], tokens[..., 7:]) and not torch.equal(turned[..., :7], tokens[..., :7])


def test_an_even_axis_is_a_mean_of_rotations_and_an_odd_one_is_not():
    """Twice the partner is the channel itself only if an axis has pairs; blending bases shortens vectors."""
    for width, paired in ((48, True), (64, False)):
        order = torch.arange(float(width))
        assert torch.equal(partners(partners(order)), order) is paired
    tokens, positions = sample(width=48)
    assert (rotation_3d(positions, 48)(tokens).norm(dim=-1) < tokens.norm(dim=-1)).all()
    assert len(BASES) == 4


def test_half_precision_is_turned_exactly_and_returned_as_it_came():
    tokens, positions = sample()
    for dtype in (torch.bfloat16, torch.float16):
        turned = rotation_3d(positions, 20)(tokens.to(dtype))
        assert torch.equal(turned, rotation_3d(positions, 20)(tokens.to(dtype).float()).to(dtype))
    plain = rotation_3d(positions, 20)
    with torch.autocast('cpu', torch.bfloat16):
        assert all(torch.equal(a, b) for a, b in zip(rotation_3d(positions, 20), plain, strict=True))


def test_gradients_reach_tokens():
    tokens, positions = sample(width=7, count=4)
    tokens = tokens.double().requires_grad_()
    rotation = rotation_3d(positions, 7)
    rotation(tokens).sum().backward()
    expected = torch.autograd.functional.jacobian(lambda t: literal_rotation_3d(t, positions.double()).sum(), tokens.detach())
    torch.testing.assert_close(tokens.grad, expected, rtol=1e-5, atol=1e-5)


def test_no_tokens_are_normal():
    assert rotation_3d(torch.zeros(2, 0, 3), 16)(torch.zeros(2, 3, 0, 16)).shape == (2, 3, 0, 16)


def test_tables_made_for_a_prediction_serve_training_later():
    tokens, positions = sample(width=22)
    with torch.inference_mode():
        rotation_3d(positions, 22)(tokens)
    rotation_3d(positions, 22)(tokens.requires_grad_()).sum().backward()
    assert tokens.grad is not None
