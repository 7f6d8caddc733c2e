"""What the shape and colour of superpoints say without learning anything."""

import torch
from torch import Tensor

from uniseg3d.ops.scatter import segment_max, segment_mean

SHAPE_CHANNELS = 14
FLOOR_SHARE = 0.01  # the floor is where this share of the points lies below; scans have some noise under it


def height_above_floor(xyz: Tensor) -> Tensor:
    """Height [N, 1] of points [N, 3] above the floor of their scene, metres; z is up."""
    z = xyz[:, 2]
    return (z - z.kthvalue(max(1, round(FLOOR_SHARE * len(z)))).values)[:, None]


def shape_features(offset: Tensor, height: Tensor, color: Tensor, ids: Tensor, sizes: Tensor) -> Tensor:
    """Descriptors [M, SHAPE_CHANNELS] of superpoints, all near the range -1..1 and unchanged by turns about z.

    ``offset`` [N, 3] from the superpoint's centre, ``height`` [N, 1] metres, ``color`` [N, 3] normalised, ``ids`` [N];
    ``sizes`` [M] are the superpoints' numbers of points, which may be more than are given here.
    """
    count = len(sizes)
    spread, steepness = _principal_axes(offset, ids, count)
    top, bottom = segment_max(height, ids, count), -segment_max(-height, ids, count)
    mean_color = segment_mean(color, ids, count)
    color_spread = segment_mean((color - mean_color[ids]).square(), ids, count).sqrt()
    size = sizes.to(offset).log()[:, None] / 8
    return torch.cat([spread, steepness, top, bottom, mean_color, color_spread, size], 1)


def _principal_axes(offset: Tensor, ids: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Standard deviations along the principal axes, thinnest first, [M, 3], and |z| of the thinnest and longest [M, 2]."""
    outer = (offset[:, :, None] * offset[:, None, :]).flatten(1)
    covariance = segment_mean(outer, ids, count).unflatten(1, (3, 3))
    variance, axes = torch.linalg.eigh(covariance.float())
    return variance.clamp(min=0).sqrt().to(offset), axes[:, 2, ::2].abs().to(offset)
