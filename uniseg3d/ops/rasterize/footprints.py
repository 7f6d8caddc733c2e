"""Where gaussians fall on one image, and how they spread there."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from uniseg3d.ops.rasterize.rules import BLUR, FAINTEST, MARGIN, TILE, Rules

ROUNDING = 1e-3  # pixels


@dataclass(frozen=True, eq=False)
class Footprints:
    """K gaussians that one image of ``size`` may show, nearest first."""

    index: Tensor  # [K] int64 among the gaussians given
    pixel: Tensor  # [K, 2] (column, row); whole numbers are pixel centres
    conic: Tensor  # [K, 3] inverse spread: xx, xy, yy
    opacity: Tensor  # [K]
    depth: Tensor  # [K] along z
    radius: Tensor  # [K, 2] int64 reach in pixels
    box: Tensor  # [K, 4] int64: first column, column after the last, first row, row after the last
    size: tuple[int, int]  # height, width

    def __len__(self) -> int:
        return len(self.index)


def symmetric_intrinsics(intrinsics: Tensor, size: tuple[int, int]) -> Tensor:
    """Cameras [..., 3, 3] in pixels with the same angles of view and the principal point in the middle of ``size``.

    The angle across is that between the middles of the left and the right edge; likewise down.
    """
    height, width = size
    left, right = (width - 1) / 2 - width / 2, (width - 1) / 2 + width / 2
    top, bottom = (height - 1) / 2 - height / 2, (height - 1) / 2 + height / 2
    middle = ((width - 1) / 2, (height - 1) / 2)
    across = _focal_of_angle(intrinsics, ((left, middle[1]), (right, middle[1])), width)
    down = _focal_of_angle(intrinsics, ((middle[0], top), (middle[0], bottom)), height)
    result = torch.zeros_like(intrinsics)
    result[..., 0, 0], result[..., 1, 1], result[..., 2, 2] = across, down, 1
    result[..., 0, 2], result[..., 1, 2] = middle
    return result


def _focal_of_angle(intrinsics: Tensor, pixels: tuple[tuple[float, float], tuple[float, float]], extent: int) -> Tensor:
    ends = intrinsics.new_tensor([(*pixel, 1.0) for pixel in pixels]).mT  # [3, 2]
    rays = torch.nn.functional.normalize(torch.linalg.inv(intrinsics) @ ends, dim=-2)
    angle = torch.acos((rays[..., 0] * rays[..., 1]).sum(-1))
    return extent / (2 * torch.tan(angle / 2))


def find_footprints(
    means: Tensor,
    covariances: Tensor,
    opacities: Tensor,
    world_to_camera: Tensor,
    intrinsics: Tensor,
    size: tuple[int, int],
    near: float,
    far: float,
    rules: Rules,
) -> Footprints:
    """Project ``means`` [G, 3], ``covariances`` [G, 3, 3] and ``opacities`` [G] into one camera [4, 4], [3, 3] in pixels."""
    rotation, shift = world_to_camera[:3, :3], world_to_camera[:3, 3]
    local = means @ rotation.mT + shift  # [G, 3]
    ahead = ((local[:, 2].detach() > near) & (local[:, 2].detach() < far) & (opacities.detach() >= FAINTEST)).nonzero()[:, 0]
    ahead = ahead[local.detach()[ahead, 2].float().argsort(stable=True)]
    local, opacity = local[ahead], opacities[ahead]
    spread = _projected_spread(local, rotation @ covariances[ahead] @ rotation.mT, intrinsics, size, rules)  # [A, 3]
    focal, center = intrinsics.diagonal()[:2], intrinsics[:2, 2]
    pixel = local[:, :2] / local[:, 2:] * focal + center
    with torch.no_grad():
        radius, box = _reach(pixel, spread, opacity, size, rules)
        solid = spread[:, 0] * spread[:, 2] > spread[:, 1].square()
        kept = (solid & (box[:, 1] > box[:, 0]) & (box[:, 3] > box[:, 2])).nonzero()[:, 0]
    spread = spread[kept]
    determinant = spread[:, 0] * spread[:, 2] - spread[:, 1].square()
    conic = torch.stack([spread[:, 2], -spread[:, 1], spread[:, 0]], -1) / determinant[:, None]
    return Footprints(ahead[kept], pixel[kept], conic, opacity[kept], local[kept, 2], radius[kept], box[kept], size)


def _projected_spread(local: Tensor, covariance: Tensor, intrinsics: Tensor, size: tuple[int, int], rules: Rules) -> Tensor:
    """Covariances [A, 3] (xx, xy, yy) on the image of those in the camera's frame [A, 3, 3]: first order, and blurred."""
    depth = local[:, 2]
    rows = []
    for axis, extent in enumerate((size[1], size[0])):
        focal, middle = intrinsics[axis, axis], intrinsics[axis, 2] + 0.5
        margin = MARGIN * extent / (2 * focal)
        slope = local[:, axis] / depth
        bounded = slope.clamp(-(middle / focal + margin), (extent - middle) / focal + margin)
        offset = bounded * depth  # [A]
        if rules.clamps_pass_gradients:
            offset = torch.where(bounded == slope, local[:, axis], offset.detach())
        row = [torch.zeros_like(depth), torch.zeros_like(depth), -focal * offset / depth.square()]
        row[axis] = focal / depth
        rows.append(torch.stack(row, -1))
    jacobian = torch.stack(rows, -2)  # [A, 2, 3]
    flat = jacobian @ covariance @ jacobian.mT
    return torch.stack([flat[:, 0, 0] + BLUR, (flat[:, 0, 1] + flat[:, 1, 0]) / 2, flat[:, 1, 1] + BLUR], -1)


def _reach(pixel: Tensor, spread: Tensor, opacity: Tensor, size: tuple[int, int], rules: Rules) -> tuple[Tensor, Tensor]:
    """Radii [A, 2] in pixels, and boxes [A, 4] of pixels: tiles within reach, cut to where it is visible."""
    visible = (2 * torch.log(opacity / FAINTEST)).clamp_min(0).sqrt()  # standard deviations
    deviation = spread[:, [0, 2]].clamp_min(0).sqrt()  # [A, 2]
    if rules.reach_by_opacity:
        radius = (visible[:, None] * deviation).ceil()
        first, last = (pixel + 0.5 - radius) / TILE, ((pixel + 0.5 + radius) / TILE).ceil()
    else:
        middle = (spread[:, 0] + spread[:, 2]) / 2
        determinant = spread[:, 0] * spread[:, 2] - spread[:, 1].square()
        longest = middle + (middle.square() - determinant).clamp_min(0.1).sqrt()
        radius = (3 * longest.clamp_min(0).sqrt()).ceil()[:, None].expand(-1, 2)
        first, last = (pixel - radius) / TILE, ((pixel + radius + TILE - 1) / TILE).floor()
    seen = visible[:, None] * deviation + ROUNDING
    limits = pixel.new_tensor([size[1], size[0]])
    tiles = limits.new_tensor([math.ceil(size[1] / TILE), math.ceil(size[0] / TILE)])
    low = torch.maximum(first.floor().clamp_min(0) * TILE, (pixel - seen).ceil()).clamp_min(0)
    high = torch.minimum(last.minimum(tiles) * TILE, (pixel + seen).floor() + 1).minimum(limits)
    box = torch.stack([low[:, 0], high[:, 0], low[:, 1], high[:, 1]], -1)
    return radius.long(), box.nan_to_num(0).clamp(-1, max(size)).long()
