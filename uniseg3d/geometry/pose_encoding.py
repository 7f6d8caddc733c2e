"""Camera poses as short vectors: translation and quaternion for networks, signed logarithms for optimisation."""

import torch
from torch import Tensor
from torch.nn.functional import normalize

from uniseg3d.geometry.quaternion import matrix_to_quaternion, positive_real, quaternion_to_matrix, real_first, real_last
from uniseg3d.geometry.radial import exp_length, log_length, signed_exp, signed_log
from uniseg3d.geometry.se3 import pose_matrix, relative_pose


def encode_pose(pose: Tensor) -> Tensor:
    """(t, q) [..., 7] of poses [..., 4, 4]; q = (w, x, y, z) of unit length, w >= 0."""
    return torch.cat([pose[..., :3, 3], matrix_to_quaternion(pose[..., :3, :3])], dim=-1)


def decode_pose(encoding: Tensor) -> Tensor:
    """Poses [..., 4, 4] of (t, q) [..., 7]; q may have any length but zero."""
    return pose_matrix(quaternion_to_matrix(encoding[..., 3:]), encoding[..., :3])


def activate_pose(raw: Tensor) -> Tensor:
    """(t, q) of a head's raw answer [..., 7]: the translation's length through exp(x) - 1, q normalised with w >= 0."""
    return torch.cat([exp_length(raw[..., :3]), positive_real(normalize(raw[..., 3:], dim=-1, eps=1e-12))], dim=-1)


def deactivate_pose(encoding: Tensor) -> Tensor:
    """The raw answer [..., 7] that :func:`activate_pose` turns into ``encoding``."""
    return torch.cat([log_length(encoding[..., :3]), encoding[..., 3:]], dim=-1)


def relative_encoding(reference: Tensor, encoding: Tensor) -> Tensor:
    """``encoding`` [..., 7] as seen from the camera ``reference`` [..., 7]."""
    return encode_pose(relative_pose(decode_pose(reference), decode_pose(encoding)))


def encode_free_pose(pose: Tensor) -> Tensor:
    """(q, τ) [..., 7] of poses [..., 4, 4] for unconstrained optimisation: q = (x, y, z, w), τ the signed log of t."""
    quaternion = real_last(matrix_to_quaternion(pose[..., :3, :3]))
    return torch.cat([quaternion, signed_log(pose[..., :3, 3])], dim=-1)


def decode_free_pose(encoding: Tensor) -> Tensor:
    """Poses [..., 4, 4] of (q, τ) [..., 7]; the inverse of :func:`encode_free_pose`."""
    return pose_matrix(quaternion_to_matrix(real_first(encoding[..., :4])), signed_exp(encoding[..., 4:7]))
