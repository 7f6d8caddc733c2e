"""The head of a streamed frame: poses, mirrored points, precision, gradients."""

import pytest
import torch

from uniseg3d.models.heads.dpt import DPT
from uniseg3d.models.heads.point3r import PatchPointmapHead, StreamHead
from uniseg3d.models.heads.pointmap import DPTPointmapHead
from uniseg3d.ops.rope import grid_positions

SIZE = (32, 48)


def head(dense=False, **changes):
    torch.manual_seed(0)
    if dense:
        parts = [DPTPointmapHead(DPT((6, 8, 8, 8), (0, 1, 2, 3), (4, 4, 6, 8), 8)) for _ in range(2)]
    else:
        parts = [PatchPointmapHead(8, ahead=True), PatchPointmapHead(8)]
    return StreamHead(*parts, dim=8, heads=2, **changes)


def layers(batch=2):
    torch.manual_seed(1)
    return [torch.randn(batch, 6, 6), *(torch.randn(batch, 7, 8) for _ in range(3))]


def ask(model, given):
    return model(given, grid_positions(2, 3), SIZE)


@pytest.mark.parametrize('dense', [False, True])
def test_shapes_and_ranges(dense):
    answer = ask(head(dense), layers())
    for maps in (answer.local, answer.world):
        assert maps.points.shape == (2, *SIZE, 3) and maps.confidence.shape == (2, *SIZE) and maps.confidence.min() >= 1
    torch.testing.assert_close(answer.pose[:, 3:].norm(dim=-1), torch.ones(2))
    assert (answer.pose[:, 3] >= 0).all()


def test_own_points_lie_ahead_and_world_points_anywhere():
    answer = ask(head(), layers())
    assert (answer.local.points[..., 2] >= 0).all()
    assert (answer.world.points[..., 2] < 0).any()


def test_mirroring_keeps_lengths_and_confidence():
    given = layers()[-1][:, 1:]
    ahead, plain = PatchPointmapHead(8, ahead=True), PatchPointmapHead(8)
    plain.load_state_dict(ahead.state_dict())
    mirrored, as_is = ahead([given], SIZE), plain([given], SIZE)
    torch.testing.assert_close(mirrored.points.norm(dim=-1), as_is.points.norm(dim=-1))
    behind = as_is.points[..., 2] < 0
    assert behind.any() and torch.equal(mirrored.points[behind], -as_is.points[behind])
    assert torch.equal(mirrored.confidence, as_is.confidence)


def test_pixels_stand_where_their_patch_is():
    """Only the patch in row 1 and column 2 is other than zero."""
    model, tokens = PatchPointmapHead(8), torch.zeros(1, 6, 8)
    tokens[0, 5] = 3
    confidence = model([tokens], SIZE).confidence
    plain = confidence[:, :16, :16]
    assert torch.equal(confidence[:, :16, 16:32], plain) and torch.equal(confidence[:, 16:, 16:32], plain)
    assert not torch.allclose(confidence[:, 16:, 32:], plain)


def test_the_pose_token_steers_world_points_only():
    model, given = head(), layers()
    other = [*given[:-1], given[-1].clone()]
    other[-1][:, 0] += 1
    first, second = ask(model, given), ask(model, other)
    assert torch.equal(first.local.points, second.local.points)
    assert not torch.allclose(first.world.points, second.world.points) and not torch.allclose(first.pose, second.pose)


@torch.no_grad()
def test_autocast_does_not_reach_inside():
    model, given = head(dense=True), layers()
    exact = ask(model, given)
    with torch.autocast('cpu', torch.bfloat16):
        again = ask(model, given)
    assert torch.equal(exact.world.points, again.world.points) and again.pose.dtype == torch.float32
    assert ask(model, [layer.bfloat16() for layer in given]).local.points.dtype == torch.float32


def test_checkpointing_changes_no_gradient():
    grads = []
    for again in (False, True):
        model = head(dense=True, checkpointing=again).train()
        answer = ask(model, layers())
        (answer.local.points.sum() + answer.world.confidence.sum() + answer.pose.sum()).backward()
        grads.append([value.grad for value in model.parameters()])
    assert all(value is not None for value in grads[0])
    for ours, theirs in zip(*grads, strict=True):
        torch.testing.assert_close(ours, theirs)
