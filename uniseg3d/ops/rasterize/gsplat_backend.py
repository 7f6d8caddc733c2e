"""gsplat on CUDA, written from its documented interface.

It compiles its kernels on first use where no wheel brings them, which takes minutes.
"""

from importlib import import_module
from importlib.util import find_spec

import torch
from torch import Tensor

from uniseg3d.geometry.cameras import with_corner_origin
from uniseg3d.ops.rasterize.rules import BLUR, STANDARD, TILE, Rules

FARTHEST = 1e10  # its own default


def refuses(means: Tensor, rules: Rules) -> str | None:
    """Why it cannot render tensors like these, or None."""
    if means.device.type != 'cuda' or means.dtype != torch.float32:
        return f'it renders float32 on CUDA, the gaussians are {means.dtype} on {means.device}'
    if rules != STANDARD:
        return 'it follows the standard rules only'
    if find_spec('gsplat') is None:
        return 'it is not installed: pip install "uniseg3d[cuda]"'
    return None


def draw(
    means: Tensor,
    covariances: Tensor,
    opacities: Tensor,
    channels: Tensor,
    world_to_camera: Tensor,
    intrinsics: Tensor,
    size: tuple[int, int],
    near: float,
    far: float,
    rules: Rules,
) -> Tensor:
    """Channels [V, G, C] as images [V, H, W, C]; the covariances stand in for scales and rotations."""
    height, width = size
    images, _, _ = import_module('gsplat').rasterization(
        means=means,
        quats=None,
        scales=None,
        opacities=opacities,
        colors=channels,
        viewmats=world_to_camera,
        Ks=with_corner_origin(intrinsics),
        width=width,
        height=height,
        near_plane=near,
        far_plane=min(far, FARTHEST),
        eps2d=BLUR,
        tile_size=TILE,
        covars=covariances,
    )
    return images
