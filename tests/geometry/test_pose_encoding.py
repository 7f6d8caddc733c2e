import torch
from geometry_samples import random_poses

from uniseg3d.geometry.pose_encoding import (
    activate_pose,
    deactivate_pose,
    decode_free_pose,
    decode_pose,
    encode_free_pose,
    encode_pose,
    relative_encoding,
)
from uniseg3d.geometry.radial import exp_length, log_length, signed_exp, signed_log
from uniseg3d.geometry.se3 import relative_pose


def test_both_encodings_lead_back_to_the_pose():
    poses = random_poses(4, 6)
    torch.testing.assert_close(decode_pose(encode_pose(poses)), poses)
    torch.testing.assert_close(decode_free_pose(encode_free_pose(poses)), poses)


def test_the_free_encoding_has_the_real_part_last_and_needs_no_unit_length():
    pose = torch.eye(4)
    pose[:3, 3] = torch.tensor([1.0, -2, 0])
    encoding = encode_free_pose(pose)
    torch.testing.assert_close(
        encoding, torch.tensor([0, 0, 0, 1, torch.log(torch.tensor(2.0)), -torch.log(torch.tensor(3.0)), 0])
    )
    torch.testing.assert_close(decode_free_pose(torch.cat([3 * encoding[:4], encoding[4:]])), pose)


def test_relative_encodings_are_those_of_the_matrices():
    first, second = random_poses(5), random_poses(5, seed=1)
    expected = encode_pose(relative_pose(first, second))
    torch.testing.assert_close(relative_encoding(encode_pose(first), encode_pose(second)), expected)


def test_activation_normalises_and_can_be_undone():
    raw = torch.randn(30, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    pose = activate_pose(raw)
    torch.testing.assert_close(pose[:, 3:].norm(dim=-1), torch.ones(30, dtype=torch.float64))
    assert (pose[:, 3] >= 0).all()
    torch.testing.assert_close(activate_pose(deactivate_pose(pose)), pose)
    torch.testing.assert_close(deactivate_pose(pose)[:, :3], raw[:, :3])


def test_an_answer_of_zeros_stays_finite():
    raw = torch.zeros(1, 7, requires_grad=True)
    activate_pose(raw).sum().backward()
    assert raw.grad.isfinite().all()


def test_lengths_and_components_there_and_back():
    vectors = 3 * torch.randn(40, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    vectors[0] = 0
    torch.testing.assert_close(exp_length(log_length(vectors)), vectors)
    torch.testing.assert_close(signed_exp(signed_log(vectors)), vectors)
    torch.testing.assert_close(exp_length(vectors).norm(dim=-1), torch.expm1(vectors.norm(dim=-1)))
    checked = vectors[1:].requires_grad_()
    assert torch.autograd.gradcheck(exp_length, checked) and torch.autograd.gradcheck(log_length, checked)
