"""Points in two frames, one confidence, and the pose between."""

import pytest
import torch

from uniseg3d.geometry.radial import exp_length
from uniseg3d.models.heads.two_frames import TwoFrameAnswer, TwoFrameHead
from uniseg3d.registry import MODELS


@pytest.fixture
def head():
    torch.manual_seed(0)
    return TwoFrameHead(8, patch=4)


def tokens(batch=2, count=6):
    return torch.randn(batch, count, 8, generator=torch.Generator().manual_seed(0))


@torch.no_grad()
def test_channels_and_their_activation(head):
    raw = head.raw([tokens()], (8, 12))
    assert raw.shape == (2, 8, 12, 7)
    patch = head.proj(tokens())[1, 4].view(7, 4, 4)  # of the second row of patches, the second column
    torch.testing.assert_close(raw[1, 4:8, 4:8], patch.permute(1, 2, 0))
    answer = head([tokens(), tokens()], (8, 12))
    torch.testing.assert_close(answer.world, exp_length(raw[..., :3]))
    torch.testing.assert_close(answer.local, exp_length(raw[..., 3:6]))
    torch.testing.assert_close(answer.confidence, 1 + raw[..., 6].exp())


@torch.no_grad()
def test_linear_points_and_half_precision(head):
    linear = MODELS.build({'type': 'TwoFrameHead', 'dim': 8, 'patch': 4, 'points': 'linear'})
    raw = linear.raw([tokens()], (8, 12))
    assert torch.equal(linear([tokens()], (8, 12)).local, raw[..., 3:6])
    with torch.autocast('cpu', torch.bfloat16):
        assert head([tokens().bfloat16()], (8, 12)).world.dtype == torch.float32


@torch.no_grad()
def test_portraits_stand_unless_they_are_told_to_lie(head):
    upright = head.raw([tokens()], (12, 8))
    head.landscape_only = True
    assert torch.equal(head.raw([tokens()], (12, 8)), upright.transpose(1, 2))
    assert head.raw([tokens()], (8, 12)).shape == (2, 8, 12, 7)


def answer(confidence=None):
    local = torch.randn(1, 4, 5, 3, generator=torch.Generator().manual_seed(0))
    turn = torch.tensor([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    world = local @ turn.T + torch.tensor([1.0, 2, 3])
    return TwoFrameAnswer(world, local, 1 + torch.ones(1, 4, 5) if confidence is None else confidence), turn


def test_the_pose_between_both_frames():
    said, turn = answer()
    pose = said.camera_to_world()[0]
    torch.testing.assert_close(pose[:3, :3], turn)
    torch.testing.assert_close(pose[:3, 3], torch.tensor([1.0, 2, 3]))


def test_unsure_points_and_points_without_a_place_do_not_count():
    confidence = 1 + torch.ones(1, 4, 5)
    confidence[0, 0, 0], confidence[0, 2, 2] = 1.0, torch.inf
    said, turn = answer(confidence)
    said.world[0, 0, 0], said.world[0, 1, 1], said.local[0, 3, 3] = 100.0, torch.nan, torch.inf
    torch.testing.assert_close(said.camera_to_world()[0, :3, :3], turn)
