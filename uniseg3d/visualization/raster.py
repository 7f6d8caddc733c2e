"""Pictures of point clouds without a display or a GPU: every point a disc in a depth buffer."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from uniseg3d.visualization.camera import Camera
from uniseg3d.visualization.surfels import Surfels

BACKGROUND = (236, 238, 241)
OVERSAMPLING = 2
MAX_RADIUS = 14  # pixels of the oversampled picture
SPECKLE = 3  # pixels: gaps between discs up to twice this wide are closed
SHADE_STRENGTH = 45.0
SHADE_REACH = (1, 3)  # pixels: how far a nearer surface darkens the one behind it
_EMPTY = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Raster:
    """Which point each pixel of the oversampled picture shows; colours come later, so several pictures share the work."""

    point: np.ndarray  # [H, W] int64, -1 = background
    shade: np.ndarray  # [H, W] float32, 0 dark .. 1

    def paint(self, colors: np.ndarray) -> np.ndarray:
        """Picture [H / 2, W / 2, 3] uint8 with point colours [N, 3]."""
        palette = np.concatenate([colors, np.array([BACKGROUND])]).astype(np.float32)
        fine = palette[self.point] * self.shade[..., None]
        height, width = (side // OVERSAMPLING for side in self.point.shape)
        blocks = fine.reshape(height, OVERSAMPLING, width, OVERSAMPLING, 3)
        return np.round(blocks.mean((1, 3))).astype(np.uint8)


def rasterize(surfels: Surfels, camera: Camera) -> Raster:
    """Draw the surface elements as discs, lit from above the camera, folds and edges darkened."""
    camera = camera.scaled(OVERSAMPLING)
    pixel, depth = camera.project(surfels.xyz)
    nearest = splat(np.floor(pixel).astype(int), depth, surfels.radius, camera, surfels.slope(camera))
    point = _close_gaps(np.where(nearest == _EMPTY, -1, nearest & 0xFFFFFFFF))
    background = point < 0
    surface = np.where(background, np.inf, depth[point])
    light = np.where(background, 1.0, surfels.light(camera)[point])
    return Raster(point, (light * _edges(surface)).astype(np.float32))


def splat(
    pixel: np.ndarray,  # [N, 2] int, x and y of the centres
    depth: np.ndarray,  # [N] metres
    radius: np.ndarray,  # [N] metres
    camera: Camera,
    slope: np.ndarray | float = 0.0,  # [N, 2] change of depth per metre to the right and down
) -> np.ndarray:
    """Depth and index of the nearest disc at each pixel, packed into one integer [H, W]: depth bits, then index."""
    size = np.clip(radius * camera.focal / depth, 0.5, MAX_RADIUS)
    order = np.argsort(-size)
    x, y = pixel[order].T
    right, down = np.broadcast_to(slope, pixel.shape)[order].T
    area, depth, radius = np.square(size[order]), depth[order], radius[order]
    (width, height), reach = camera.size, int(np.sqrt(area[0]))
    nearest = np.full(height * width, _EMPTY)
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            count = np.searchsorted(-area, -(dx * dx + dy * dy), side='right')  # discs that reach this far if seen face-on
            rise = right[:count] * dx + down[:count] * dy  # towards the back, in pixels
            share = (dx * dx + dy * dy + rise * rise) / area[:count]
            u, v = x[:count] + dx, y[:count] + dy
            rows = np.flatnonzero((share <= 1) & (u >= 0) & (u < width) & (v >= 0) & (v < height))
            # discs bulge towards the camera: where two overlap, each pixel goes to the nearer centre
            bulged = depth[rows] + radius[rows] * (rise[rows] / np.sqrt(area[rows]) + share[rows])
            # positive floats sort like their bits
            key = (bulged.astype(np.float32).view(np.int32).astype(np.int64) << 32) | order[rows]
            np.minimum.at(nearest, v[rows] * width + u[rows], key)
    return nearest.reshape(height, width)


def _close_gaps(point: np.ndarray) -> np.ndarray:
    filled = point >= 0
    closed = ndimage.binary_closing(np.pad(filled, SPECKLE), iterations=SPECKLE)[SPECKLE:-SPECKLE, SPECKLE:-SPECKLE]
    gaps = closed & ~filled
    if not gaps.any() or not filled.any():
        return point
    source = ndimage.distance_transform_edt(~filled, return_distances=False, return_indices=True)
    return np.where(gaps, point[tuple(source)], point)


def _edges(surface: np.ndarray) -> np.ndarray:
    """Darken pixels behind a nearer neighbour, so that outlines read on surfaces of one colour: [H, W] in 0..1."""
    depth = np.log2(surface)
    hidden = np.zeros_like(depth)
    for reach in SHADE_REACH:
        for shift in ((0, reach), (0, -reach), (reach, 0), (-reach, 0)):
            neighbour = np.roll(depth, shift, (0, 1))
            with np.errstate(invalid='ignore'):  # background against background
                step = np.nan_to_num(depth - neighbour, nan=0.0, posinf=0.0, neginf=0.0)
            hidden += np.clip(step, 0, 0.02) / reach
    return np.exp(-SHADE_STRENGTH * hidden / (4 * len(SHADE_REACH))).astype(np.float32)
