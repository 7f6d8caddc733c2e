"""Cameras of photos as the network takes them, and a guess where nobody knows them."""

import math

import torch
from torch import Tensor

from uniseg3d.geometry.cameras import check_intrinsics, intrinsic_matrix
from uniseg3d.geometry.focal import focal_weiszfeld
from uniseg3d.utils.errors import DataError

GUESSED = 1.2  # focal length per long side: between a phone's wide camera and ScanNet's
WIDEST, NARROWEST = 5.0, 160.0  # degrees: angles of view that a camera for rooms may have at the least and the most
CLIP = (0.3, 4.0)  # limits of an estimate, in units of a focal length of 60 degrees


def guessed_intrinsics(count: int, size: tuple[int, int], like: Tensor) -> Tensor:
    """Cameras [count, 3, 3] in pixels of images of ``size`` (H, W) that nothing is known about."""
    return _centred(like.new_full((count,), GUESSED * max(size)), size)


def estimated_intrinsics(points: Tensor) -> Tensor:
    """Cameras [B, 3, 3] in pixels of images whose points [B, H, W, 3] in their own frame are known."""
    height, width = points.shape[1:3]
    middle = points.new_tensor([(width - 1) / 2, (height - 1) / 2])
    return _centred(focal_weiszfeld(points.float(), middle.expand(len(points), 2), CLIP), (height, width))


def _centred(focal: Tensor, size: tuple[int, int]) -> Tensor:
    middle = focal.new_tensor([(size[1] - 1) / 2, (size[0] - 1) / 2])
    return intrinsic_matrix(focal, middle.expand(len(focal), 2))


def checked_intrinsics(intrinsics: Tensor, size: tuple[int, int], scene_ids: list[str]) -> Tensor:
    """Give cameras [B, V, 3, 3] in pixels of images of ``size`` (H, W) back, or say which cannot be that of such an image.

    Makes a GPU wait: for photos of users only.
    """
    for scene, cameras in zip(scene_ids, intrinsics, strict=True):
        check_intrinsics(cameras, scene)
        focal = cameras[:, [0, 1], [0, 1]]  # [V, 2] fx, fy
        sides = focal.new_tensor([size[1], size[0]])
        angle = torch.rad2deg(2 * torch.atan(sides / (2 * focal)))
        middle = cameras[:, :2, 2] / sides
        for wrong, what in (
            ((angle < WIDEST) | (angle > NARROWEST), f'focal lengths {_shown(focal)} px'),
            ((middle < 0) | (middle > 1), f'principal points {_shown(cameras[:, :2, 2])} px outside the image'),
        ):
            if wrong.any():
                raise DataError(
                    f'{scene}: {what} are not those of images of {size[1]} x {size[0]} pixels (widest angle of view '
                    f'{math.ceil(float(angle.max()))} degrees); give pixels of the images as they reach the network, '
                    'after resizing and cropping, or none to have them estimated'
                )
    return intrinsics


def _shown(values: Tensor) -> str:
    return ', '.join(f'({x:.4g}, {y:.4g})' for x, y in values.tolist()[:3])
