"""Focal length (pixels, fx = fy) of the camera whose pointmap in its own frame is known."""

import math

import torch
from torch import Tensor

from uniseg3d.geometry.depth import pixel_grid
from uniseg3d.utils.errors import DataError

WIDEST = 2 * math.tan(math.radians(30))  # an image of this size per focal length spans 60 degrees


def focal_weiszfeld(
    points: Tensor,  # [..., H, W, 3] in the camera's frame
    principal_point: Tensor | None = None,  # [..., 2] pixels (u, v); the middle (W/2, H/2) if not given
    clip: tuple[float, float] | None = None,  # smallest and largest answer, in units of the focal length of 60 degrees
    iterations: int = 10,
) -> Tensor:
    """The focal length [...] with the smallest sum of reprojection distances: least squares, reweighted by 1/distance."""
    offset, slope = _offsets_and_slopes(points, principal_point)  # [..., N, 2] each
    products, squares = (offset * slope).sum(-1), slope.square().sum(-1)  # [..., N]
    focal = products.mean(-1) / squares.mean(-1)
    for _ in range(iterations):
        distance = (offset - focal[..., None, None] * slope).norm(dim=-1)
        weight = 1 / distance.clamp(min=1e-8)
        focal = (weight * products).mean(-1) / (weight * squares).mean(-1)
    return _finish(focal, points, clip)


def focal_median(points: Tensor, principal_point: Tensor | None = None, clip: tuple[float, float] | None = None) -> Tensor:
    """The median [...] of what every pixel of [..., H, W, 3] says, by its column and by its row."""
    height, width = points.shape[-3:-1]
    offset = pixel_grid(height, width, points) - _principal_point(points, principal_point)
    votes = (offset * points[..., 2:] / points[..., :2]).flatten(-3)  # [..., 2 H W]
    return _finish(votes.nanmedian(-1).values, points, clip)


def _principal_point(points: Tensor, given: Tensor | None) -> Tensor:
    """[..., 1, 1, 2]"""
    if given is None:
        height, width = points.shape[-3:-1]
        given = points.new_tensor([width / 2, height / 2])
    return given[..., None, None, :]


def _offsets_and_slopes(points: Tensor, principal_point: Tensor | None) -> tuple[Tensor, Tensor]:
    """Where pixels lie from the principal point, and x/z, y/z there (0 where there is none); both [..., N, 2]."""
    height, width = points.shape[-3:-1]
    offset = pixel_grid(height, width, points) - _principal_point(points, principal_point)
    slope = (points[..., :2] / points[..., 2:]).nan_to_num(0, posinf=0, neginf=0)
    return offset.expand_as(slope).flatten(-3, -2), slope.flatten(-3, -2)


def _finish(focal: Tensor, points: Tensor, clip: tuple[float, float] | None) -> Tensor:
    if clip is not None:
        unit = max(points.shape[-3:-1]) / WIDEST
        focal = focal.clamp(clip[0] * unit, clip[1] * unit)
    if not focal.isfinite().all():
        raise DataError(
            f'no focal length follows from a pointmap of {points.shape[-3]} x {points.shape[-2]} pixels: '
            'no pixel has a finite point in front of the camera and off its axis'
        )
    return focal


def focal_of_view_angle(angle: Tensor | float, size: int) -> Tensor:
    """Focal length in pixels of an image side of ``size`` pixels that spans ``angle`` radians."""
    return size / (2 * torch.tan(torch.as_tensor(angle) / 2))
