"""Lenses: where rays land on a picture, and pictures as a pinhole camera would have taken them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from uniseg3d.utils.errors import DataError

_FISHEYES = {'SIMPLE_RADIAL_FISHEYE': 1, 'RADIAL_FISHEYE': 2, 'OPENCV_FISHEYE': 4}  # numbers of the polynomial
_PLAIN = {'SIMPLE_PINHOLE': 0, 'PINHOLE': 0, 'SIMPLE_RADIAL': 1, 'RADIAL': 2, 'OPENCV': 4}  # k1, k2, p1, p2
_BORDER = 9  # points along a side from which the extent of an undistorted picture is told
_STEPS = 50
_EXACT = 1e-12


@dataclass(frozen=True, eq=False)
class Lens:
    """A camera whose lens bends rays. Whole numbers are pixel centres."""

    model: str  # as COLMAP calls it
    intrinsics: np.ndarray  # [3, 3]
    distortion: Sequence[float]
    width: int
    height: int

    def __post_init__(self) -> None:
        known = _FISHEYES | _PLAIN
        if self.model not in known:
            raise DataError(f'lenses of the model {self.model} cannot be undistorted; expected one of {", ".join(known)}')
        if len(self.distortion) != known[self.model]:
            raise DataError(f'{self.model} has {known[self.model]} numbers of distortion, got {len(self.distortion)}')

    @property
    def fisheye(self) -> bool:
        """Whether it maps angles, not their tangents."""
        return self.model in _FISHEYES

    def bend(self, rays: np.ndarray) -> np.ndarray:
        """Where rays (x, y, 1) land, in focal lengths: ``rays`` [..., 2] to [..., 2]."""
        return self._bend_fisheye(rays) if self.fisheye else self._bend_plain(rays)

    def _bend_fisheye(self, rays: np.ndarray) -> np.ndarray:
        radius = np.linalg.norm(rays, axis=-1, keepdims=True)
        angle = np.arctan(radius)
        bent = angle * (1 + sum(k * angle ** (2 * power) for power, k in enumerate(self.distortion, 1)))
        return rays * np.where(radius > _EXACT, bent / np.maximum(radius, _EXACT), 1)

    def _bend_plain(self, rays: np.ndarray) -> np.ndarray:
        k1, k2, p1, p2 = (*self.distortion, 0, 0, 0, 0)[:4]
        x, y = rays[..., 0], rays[..., 1]
        square = x * x + y * y
        radial = 1 + square * (k1 + square * k2)
        across = x * radial + 2 * p1 * x * y + p2 * (square + 2 * x * x)
        down = y * radial + p1 * (square + 2 * y * y) + 2 * p2 * x * y
        return np.stack([across, down], -1)

    def straighten(self, pixels: np.ndarray) -> np.ndarray:
        """Rays (x, y, 1) that land on ``pixels`` [..., 2]: [..., 2]."""
        landed = (pixels - self.intrinsics[:2, 2]) / self.intrinsics[[0, 1], [0, 1]]
        rays = landed.copy()
        for _ in range(_STEPS):
            rays = rays + (landed - self.bend(rays))
        return rays

    def pinhole(self) -> np.ndarray:
        """Intrinsics [3, 3] of a pinhole camera for the undistorted picture, of the same size.

        Of a fisheye lens the largest part without empty pixels in the middle of any side, its axis in the middle; of others
        all that the picture shows.
        """
        return self._filled() if self.fisheye else self._complete()

    def _filled(self) -> np.ndarray:
        across, down = (self.width - 1) / 2, (self.height - 1) / 2
        sides = np.array([(across, 0), (self.width - 1, down), (across, self.height - 1), (0, down)], np.float64)
        rays = self.straighten(sides)
        rays -= rays.mean(0)  # its middle becomes the middle of the picture
        ratio = self.intrinsics[0, 0] / self.intrinsics[1, 1]
        focal = max(across / abs(rays[1, 0]), across / abs(rays[3, 0]), *(down * ratio / abs(rays[[0, 2], 1])))
        return np.array([[focal, 0, across], [0, focal / ratio, down], [0, 0, 1]])

    def _complete(self) -> np.ndarray:
        steps = np.linspace(0, 1, _BORDER)
        edge = np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2)
        rays = self.straighten(edge * [self.width - 1, self.height - 1])
        low, high = rays.min(0), rays.max(0)
        focal = np.array([self.width - 1, self.height - 1]) / (high - low)
        return np.array([[focal[0], 0, -focal[0] * low[0]], [0, focal[1], -focal[1] * low[1]], [0, 0, 1]])

    def source(self, intrinsics: np.ndarray) -> np.ndarray:
        """Where each pixel of the undistorted picture with ``intrinsics`` comes from: (row, column) [2, H, W]."""
        rows, columns = np.mgrid[: self.height, : self.width]
        pixels = np.stack([columns, rows], -1)
        bent = self.bend((pixels - intrinsics[:2, 2]) / intrinsics[[0, 1], [0, 1]])
        landed = bent * self.intrinsics[[0, 1], [0, 1]] + self.intrinsics[:2, 2]
        return np.moveaxis(landed[..., ::-1], -1, 0)


def sample_colors(image: np.ndarray, source: np.ndarray) -> np.ndarray:
    """Picture [H, W, 3] uint8 read between its pixels; beyond its edges it is mirrored."""
    channels = [
        ndimage.map_coordinates(channel, source, np.float32, order=1, mode='mirror') for channel in np.moveaxis(image, 2, 0)
    ]
    return np.stack(channels, -1).round().clip(0, 255).astype(np.uint8)


def sample_mask(mask: np.ndarray, source: np.ndarray) -> np.ndarray:
    """True where all pixels of ``mask`` [H, W] bool that a pixel is read from are true, and beyond its edges."""
    return ndimage.map_coordinates(mask.astype(np.float32), source, order=1, mode='constant', cval=1) > 1 - 1e-4
