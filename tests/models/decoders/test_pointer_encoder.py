"""Pointers of a frame: where they stand, and what learns from them."""

import pytest
import torch

from uniseg3d.models.decoders.pointer_encoder import PointerEncoder


def encoder(**changes):
    torch.manual_seed(0)
    return PointerEncoder(**{'dim': 12, 'memory_dim': 8, 'depth': 2, 'heads': 1, 'patch': 4} | changes)


def frame(batch=2, height=8, width=12):
    torch.manual_seed(1)
    count = height * width // 16
    return torch.randn(batch, count, 12), torch.randn(batch, count, 8), torch.randn(batch, height, width, 3)


def test_pointers_stand_at_the_mean_of_their_patch_in_raster_order():
    features, decoded, points = frame()
    pointers, positions = encoder()(features, decoded, points)
    assert pointers.shape == (2, 6, 8) and positions.shape == (2, 6, 3)
    torch.testing.assert_close(positions[1, 4], points[1, 4:8, 4:8].reshape(-1, 3).mean(0))


def test_nothing_flows_back_into_the_frame_and_every_parameter_learns():
    inputs = [value.requires_grad_() for value in frame()]
    model = encoder()
    pointers, positions = model(*inputs)
    assert not positions.requires_grad
    pointers.square().sum().backward()
    assert all(value.grad is None for value in inputs)
    assert all(value.grad is not None for value in model.parameters())


def test_checkpointing_changes_no_gradient():
    grads = []
    for again in (False, True):
        model = encoder(checkpointing=again).train()
        model(*frame())[0].square().sum().backward()
        grads.append([value.grad for value in model.parameters()])
    for ours, theirs in zip(*grads, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_look_and_shape_both_count():
    features, decoded, points = frame()
    model = encoder()
    with torch.no_grad():
        whole = model(features, decoded, points)[0]
        for change in ((features + 1, decoded, points), (features, decoded + 1, points), (features, decoded, points + 1)):
            assert not torch.allclose(model(*change)[0], whole)


@torch.no_grad()
def test_results_are_float32_under_autocast():
    with torch.autocast('cpu', torch.bfloat16):
        pointers, positions = encoder()(*frame())
    assert pointers.dtype == positions.dtype == torch.float32
    exact, exact_positions = encoder()(*frame())
    assert torch.equal(positions, exact_positions)
    assert 0 < (pointers - exact).norm() < 0.05 * exact.norm()


@pytest.mark.parametrize('size', [(4, 4), (4, 20)])
def test_one_patch_and_one_row(size):
    assert encoder()(*frame(1, *size))[0].shape == (1, size[0] * size[1] // 16, 8)
