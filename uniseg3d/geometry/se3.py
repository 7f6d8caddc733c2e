"""Rigid motions as matrices [..., 4, 4] and similarities; both act on column vectors: ``x' = s R x + t``.

A camera pose is camera-to-world with OpenCV axes (x right, y down, z forward) unless a name says otherwise.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from uniseg3d.geometry.quaternion import quaternion_to_matrix
from uniseg3d.utils.errors import DataError

LARGEST_SKEW = 1e-3  # how far R Rᵀ may be from the identity: float32 files and text files with few digits stay below


def pose_matrix(rotation: Tensor, translation: Tensor) -> Tensor:
    """Matrices [..., 4, 4] of rotations [..., 3, 3] and translations [..., 3]."""
    top = torch.cat([rotation, translation[..., None]], dim=-1)  # [..., 3, 4]
    bottom = top.new_tensor([0.0, 0.0, 0.0, 1.0]).expand(*top.shape[:-2], 1, 4)
    return torch.cat([top, bottom], dim=-2)


def invert_pose(pose: Tensor) -> Tensor:
    """World-to-camera of camera-to-world [..., 4, 4] and the other way round; the rotation part must be one."""
    inverse = pose[..., :3, :3].mT
    return pose_matrix(inverse, -(inverse @ pose[..., :3, 3:])[..., 0])


def apply_pose(pose: Tensor, points: Tensor) -> Tensor:
    """Move points [*B, ..., 3] by poses [*B, 4, 4], one pose per leading entry."""
    return _transform(pose[..., :3, :3], pose[..., :3, 3], points)


def small_motion(twist: Tensor) -> Tensor:
    """Poses [..., 4, 4] of turns (to second order in the angle) followed by shifts [..., 6]: the steps of solvers."""
    half = torch.cat([torch.ones_like(twist[..., :1]), twist[..., :3] / 2], dim=-1)
    return pose_matrix(quaternion_to_matrix(half), twist[..., 3:])


def relative_pose(reference: Tensor, pose: Tensor) -> Tensor:
    """``pose`` [..., 4, 4] as seen from the camera ``reference`` [..., 4, 4]; both camera-to-world in one world."""
    return invert_pose(reference) @ pose


def rotation_angle(rotation: Tensor) -> Tensor:
    """Angle of rotations [..., 3, 3] in radians, 0..π, exact also near 0 and π."""
    twist = torch.stack(
        [
            rotation[..., 2, 1] - rotation[..., 1, 2],
            rotation[..., 0, 2] - rotation[..., 2, 0],
            rotation[..., 1, 0] - rotation[..., 0, 1],
        ],
        dim=-1,
    )  # [..., 3], of length 2 sin
    trace = rotation.diagonal(dim1=-2, dim2=-1).sum(-1)  # 1 + 2 cos
    return torch.atan2(twist.norm(dim=-1), trace - 1)


def nearest_rotation(matrix: Tensor) -> Tensor:
    """The rotations [..., 3, 3] that are closest to matrices [..., 3, 3]."""
    u, _, vh = torch.linalg.svd(matrix)
    sign = torch.linalg.det(u @ vh).sign()  # -1: the closest orthogonal matrix mirrors, so give up its weakest direction
    signs = torch.stack([torch.ones_like(sign), torch.ones_like(sign), sign], dim=-1)
    return (u * signs[..., None, :]) @ vh


def check_poses(poses: Tensor, source: str) -> Tensor:
    """Give ``poses`` [..., 4, 4] back, or say which of ``source`` is not finite or no rigid motion."""
    if poses.shape[-2:] != (4, 4):
        raise DataError(f'{source}: expected poses as matrices [..., 4, 4], got shape {list(poses.shape)}')
    flat = poses.detach().reshape(-1, 4, 4).double()
    finite = flat.isfinite().flatten(1).all(1)
    _refuse(~finite, poses, f'{source}: pose {{}} contains NaN or Inf; leave that frame out')
    rotation = flat[:, :3, :3]
    identity = torch.eye(4, dtype=flat.dtype, device=flat.device)
    skew = (rotation @ rotation.mT - identity[:3, :3]).abs().flatten(1).amax(1)
    wrong = (skew > LARGEST_SKEW) | (torch.linalg.det(rotation) < 0) | (flat[:, 3] - identity[3]).abs().gt(1e-6).any(1)
    _refuse(
        wrong,
        poses,
        f'{source}: pose {{}} is no rigid motion; expected a rotation (orthonormal, determinant +1), a translation and the '
        'last row 0 0 0 1, so take scale and mirroring out of it first',
    )
    return poses


class Similarity(NamedTuple):
    """``x' = scale · rotation x + translation``."""

    scale: Tensor  # [...]
    rotation: Tensor  # [..., 3, 3]
    translation: Tensor  # [..., 3]

    def apply(self, points: Tensor) -> Tensor:
        """Move points [*B, ..., 3], one similarity per leading entry."""
        return _transform(self.scale[..., None, None] * self.rotation, self.translation, points)

    def apply_to_poses(self, poses: Tensor) -> Tensor:
        """Camera poses [*B, ..., 4, 4] in the moved world: centres are moved, directions turned, no scale is left in them."""
        single = (1,) * (poses.ndim - 2 - self.scale.ndim)
        turned = self.rotation.reshape(*self.scale.shape, *single, 3, 3) @ poses[..., :3, :3]
        return pose_matrix(turned, self.apply(poses[..., :3, 3]))

    def matrix(self) -> Tensor:
        """Matrix [..., 4, 4] that acts on homogeneous points."""
        return pose_matrix(self.scale[..., None, None] * self.rotation, self.translation)

    def inverse(self) -> 'Similarity':
        scale, rotation = 1 / self.scale, self.rotation.mT
        return Similarity(scale, rotation, -scale[..., None] * (rotation @ self.translation[..., None])[..., 0])

    def compose(self, first: 'Similarity') -> 'Similarity':
        """This similarity after ``first``."""
        return Similarity(self.scale * first.scale, self.rotation @ first.rotation, self.apply(first.translation))


def _transform(matrix: Tensor, translation: Tensor, points: Tensor) -> Tensor:
    batch = matrix.shape[:-2]
    flat = points.reshape(*batch, -1, 3)
    return (flat @ matrix.mT + translation[..., None, :]).reshape(points.shape)


def _refuse(wrong: Tensor, poses: Tensor, message: str) -> None:
    if wrong.any():
        first = int(wrong.nonzero()[0])
        raise DataError(message.format(first if poses.ndim > 2 else 'given'))
