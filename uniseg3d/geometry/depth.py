"""Depth maps and pointmaps. Depth is along z; pixel (0, 0) is the centre of the upper left pixel."""

import torch
from torch import Tensor

from uniseg3d.geometry.cameras import intrinsic_matrix
from uniseg3d.geometry.se3 import apply_pose, invert_pose
from uniseg3d.utils.errors import DataError

USUAL_FOCAL = 0.75  # of the long side of an image: between that of phones and that of depth sensors


def pixel_grid(height: int, width: int, like: Tensor) -> Tensor:
    """Positions (u, v) of all pixels [H, W, 2], u to the right and v down, in the type and on the device of ``like``."""
    v, u = torch.meshgrid(
        torch.arange(height, dtype=like.dtype, device=like.device),
        torch.arange(width, dtype=like.dtype, device=like.device),
        indexing='ij',
    )
    return torch.stack([u, v], dim=-1)


def camera_rays(intrinsics: Tensor, height: int, width: int) -> Tensor:
    """Directions [..., H, W, 3] with z = 1 through the pixels of cameras [..., 3, 3] without skew."""
    grid = pixel_grid(height, width, intrinsics)
    focal = torch.stack([intrinsics[..., 0, 0], intrinsics[..., 1, 1]], dim=-1)[..., None, None, :]
    across = (grid - intrinsics[..., None, None, :2, 2]) / focal  # [..., H, W, 2]
    return torch.cat([across, torch.ones_like(across[..., :1])], dim=-1)


def usual_rays(height: int, width: int, like: Tensor) -> Tensor:
    """Directions [H, W, 3] as of a camera of which only the image's size is known: 67 degrees along the long side."""
    focal = like.new_tensor(USUAL_FOCAL * max(height, width))
    middle = like.new_tensor([(width - 1) / 2, (height - 1) / 2])
    return camera_rays(intrinsic_matrix(focal, middle), height, width)


def depth_to_pointmap(depth: Tensor, intrinsics: Tensor, camera_to_world: Tensor | None = None) -> Tensor:
    """Points [..., H, W, 3] of depth maps [..., H, W] in the camera's frame, or in the world if poses [..., 4, 4] are given.

    Pixels of depth 0 land on the camera centre: see :func:`valid_depth`.
    """
    if depth.shape[:-2] != intrinsics.shape[:-2]:
        raise DataError(f'depth {list(depth.shape)} and intrinsics {list(intrinsics.shape)} are not of the same views')
    points = camera_rays(intrinsics, *depth.shape[-2:]) * depth[..., None]
    return points if camera_to_world is None else apply_pose(camera_to_world, points)


def pointmap_to_depth(points: Tensor, camera_to_world: Tensor | None = None) -> Tensor:
    """Depth [..., H, W] of pointmaps [..., H, W, 3] in the camera's frame, or in the world if poses [..., 4, 4] are given."""
    local = points if camera_to_world is None else apply_pose(invert_pose(camera_to_world), points)
    return local[..., 2]


def valid_depth(depth: Tensor) -> Tensor:
    """Which pixels [..., H, W] hold a measurement: 0 and NaN say none, negative values mark the sky."""
    return (depth > 0) & depth.isfinite()
