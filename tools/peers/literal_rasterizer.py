"""Gaussians drawn as one would write it down: pixel by pixel, gaussian by gaussian, in plain Python."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

TILE = 16


class Splat(NamedTuple):
    """One gaussian on the image."""

    depth: float
    column: float
    row: float
    conic: tuple[float, float, float]
    opacity: float
    tiles: tuple[int, int, int, int]
    channels: list[float]


def literal_image(
    means: Tensor,
    covariances: Tensor,
    opacities: Tensor,
    channels: Tensor,
    world_to_camera: Tensor,
    intrinsics: Tensor,
    size: tuple[int, int],
    near: float = 0.02,
) -> Tensor:
    """Image [H, W, C] of ``channels`` [G, C] under the standard rules; ``intrinsics`` for pixel centres at whole numbers."""
    parts = zip(means, covariances, opacities.tolist(), channels.tolist(), strict=True)
    splats = [_project(*part, world_to_camera, intrinsics.tolist(), size, near) for part in parts]
    ordered = sorted((splat for splat in splats if splat is not None), key=lambda splat: splat.depth)
    by_tile: dict[tuple[int, int], list[Splat]] = {}
    for splat in ordered:
        left, right, top, bottom = splat.tiles
        for row in range(top, bottom):
            for column in range(left, right):
                by_tile.setdefault((row, column), []).append(splat)
    height, width = size
    image = [
        [_pixel(by_tile.get((y // TILE, x // TILE), []), x, y, channels.shape[1]) for x in range(width)] for y in range(height)
    ]
    return torch.tensor(image, dtype=means.dtype)


def _project(
    mean: Tensor,
    covariance: Tensor,
    opacity: float,
    channels: list[float],
    pose: Tensor,
    camera: list[list[float]],
    size: tuple[int, int],
    near: float,
) -> Splat | None:
    x, y, z = (pose[:3, :3] @ mean + pose[:3, 3]).tolist()
    if z <= near or opacity < 1 / 255:
        return None
    focal, middle, extent = (camera[0][0], camera[1][1]), (camera[0][2] + 0.5, camera[1][2] + 0.5), (size[1], size[0])
    slopes = []
    for value, f, c, pixels in zip((x / z, y / z), focal, middle, extent, strict=True):
        margin = 0.3 * pixels / (2 * f)
        slopes.append(min(max(value, -(c / f + margin)), (pixels - c) / f + margin))
    jacobian = mean.new_tensor([[focal[0] / z, 0, -focal[0] * slopes[0] / z], [0, focal[1] / z, -focal[1] * slopes[1] / z]])
    turned = jacobian @ pose[:3, :3]
    (xx, xy), (_, yy) = (turned @ covariance @ turned.T).tolist()
    xx, yy = xx + 0.3, yy + 0.3
    determinant = xx * yy - xy * xy
    reach = min(3.33, math.sqrt(2 * math.log(255 * opacity)))
    column, row = focal[0] * x / z + middle[0], focal[1] * y / z + middle[1]
    across, down = math.ceil(reach * math.sqrt(xx)), math.ceil(reach * math.sqrt(yy))
    last = (math.ceil(size[1] / TILE), math.ceil(size[0] / TILE))
    tiles = (
        *(max(math.floor((column - across) / TILE), 0), min(math.ceil((column + across) / TILE), last[0])),
        *(max(math.floor((row - down) / TILE), 0), min(math.ceil((row + down) / TILE), last[1])),
    )
    conic = (yy / determinant, -xy / determinant, xx / determinant)
    return Splat(z, column - 0.5, row - 0.5, conic, opacity, tiles, channels)


def _pixel(splats: list[Splat], x: int, y: int, channels: int) -> list[float]:
    clear, color = 1.0, [0.0] * channels
    for splat in splats:
        dx, dy = splat.column - x, splat.row - y
        xx, xy, yy = splat.conic
        alpha = min(0.999, splat.opacity * math.exp(-0.5 * (xx * dx * dx + yy * dy * dy) - xy * dx * dy))
        if alpha < 1 / 255:
            continue
        if clear * (1 - alpha) <= 1e-4:
            break
        for channel, value in enumerate(splat.channels):
            color[channel] += alpha * clear * value
        clear *= 1 - alpha
    return color
