"""Pinhole cameras: matrices [..., 3, 3] in pixels, and the conventions that files and other programs use.

Inside the package: poses are camera-to-world with OpenCV axes (x right, y down, z forward); whole pixel numbers are pixel
centres, so an image of width W reaches from -0.5 to W - 0.5.
"""

import torch
from torch import Tensor

from uniseg3d.utils.errors import DataError


def intrinsic_matrix(focal: Tensor, principal_point: Tensor) -> Tensor:
    """Matrices [..., 3, 3] of focal lengths [...] (fx = fy) or [..., 2] (fx, fy) and principal points [..., 2]."""
    both = focal[..., None].expand_as(principal_point) if focal.ndim < principal_point.ndim else focal
    top = torch.cat([torch.diag_embed(both), principal_point[..., None]], dim=-1)  # [..., 2, 3]
    bottom = top.new_tensor([0.0, 0.0, 1.0]).expand(*top.shape[:-2], 1, 3)
    return torch.cat([top, bottom], dim=-2)


def check_intrinsics(intrinsics: Tensor, source: str) -> Tensor:
    """Give matrices [..., 3, 3] back, or say what is wrong with those of ``source``: focal, skew or form."""
    if intrinsics.shape[-2:] != (3, 3):
        raise DataError(f'{source}: expected intrinsics [..., 3, 3], got shape {list(intrinsics.shape)}')
    if not intrinsics.isfinite().all():
        raise DataError(f'{source}: intrinsics contain NaN or Inf; give the camera matrix of that image or none')
    focal = intrinsics[..., [0, 1], [0, 1]]
    if not (focal > 0).all():
        raise DataError(f'{source}: focal lengths must be positive, got {focal.min().item():g}; expected pixels')
    bottom = intrinsics[..., 2, :] - intrinsics.new_tensor([0, 0, 1])
    skew = intrinsics[..., [0, 1], [1, 0]] / focal
    if (bottom.abs() > 1e-6).any() or (skew.abs() > 1e-6).any():
        raise DataError(f'{source}: expected rows fx 0 cx, 0 fy cy, 0 0 1; undistort and remove skew first')
    return intrinsics


def project(points: Tensor, intrinsics: Tensor) -> tuple[Tensor, Tensor]:
    """Pixels [*B, ..., 2] (u, v) and depths [*B, ...] of points [*B, ..., 3] in the frame of cameras [*B, 3, 3].

    Points in the plane of the camera have no finite pixel; for which points of a scene are seen, see ``projection.py``.
    """
    depth = points[..., 2]
    image = (points.reshape(*intrinsics.shape[:-2], -1, 3) @ intrinsics.mT).reshape(points.shape)
    return image[..., :2] / depth[..., None], depth


def normalize_intrinsics(intrinsics: Tensor, height: int, width: int) -> Tensor:
    """Matrices [..., 3, 3] in shares of the image: (0, 0) is its upper left corner, (1, 1) the lower right one."""
    return _rescale(with_corner_origin(intrinsics), 1 / width, 1 / height)


def denormalize_intrinsics(intrinsics: Tensor, height: int, width: int) -> Tensor:
    """Matrices [..., 3, 3] in pixels of those in shares of the image."""
    return with_center_origin(_rescale(intrinsics, width, height))


def with_corner_origin(intrinsics: Tensor) -> Tensor:
    """Matrices [..., 3, 3] for pixel centres at halves, as COLMAP has them."""
    return _shift(intrinsics, 0.5, 0.5)


def with_center_origin(intrinsics: Tensor) -> Tensor:
    """Matrices [..., 3, 3] for pixel centres at whole numbers of those for halves: the package's own convention."""
    return _shift(intrinsics, -0.5, -0.5)


def scale_intrinsics(intrinsics: Tensor, scale: float | Tensor) -> Tensor:
    """Matrices [..., 3, 3] of the same images with ``scale`` times as many pixels a side."""
    return with_center_origin(_rescale(with_corner_origin(intrinsics), scale, scale))


def crop_intrinsics(intrinsics: Tensor, left: float, top: float) -> Tensor:
    """Matrices [..., 3, 3] of images that lose ``left`` columns and ``top`` rows."""
    return _shift(intrinsics, -left, -top)


def flip_axes(pose: Tensor) -> Tensor:
    """Camera-to-world [..., 4, 4] with OpenCV axes of one with OpenGL axes (y up, z backward) and the other way round."""
    return pose * pose.new_tensor([1, -1, -1, 1])


def _shift(intrinsics: Tensor, right: float, down: float) -> Tensor:
    offset = intrinsics.new_zeros(3, 3)
    offset[0, 2], offset[1, 2] = right, down
    return intrinsics + offset


def _rescale(intrinsics: Tensor, across: float | Tensor, down: float | Tensor) -> Tensor:
    factor = torch.stack([torch.as_tensor(value, dtype=intrinsics.dtype) for value in (across, down, 1.0)])
    return intrinsics * factor[:, None].to(intrinsics.device)
