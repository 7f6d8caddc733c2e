"""Elastic distortion: smooth random displacement of the positions that are voxelised."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from scipy.ndimage import correlate1d

from uniseg3d.geometry.trilinear import sample_grid
from uniseg3d.registry import TRANSFORMS
from uniseg3d.transforms.base import SampleDict
from uniseg3d.utils.errors import DataError

LARGEST_GRID = 1e8  # nodes; three of them take 2.4 GB while they are drawn
BOX = np.full(3, 1 / 3, dtype=np.float32)  # blur kernel along one axis
LEVELS = ((6, 40.0), (20, 160.0))  # (granularity in voxels, magnitude in voxels), fine first


class NormalSource(Protocol):
    """What the distortion draws from: ``np.random.Generator`` or the legacy ``np.random.RandomState``."""

    def standard_normal(self, size: Sequence[int], /) -> np.ndarray: ...


def smooth_noise(shape: np.ndarray, rng: NormalSource) -> np.ndarray:
    """Three normal grids, blurred twice along each axis with a box of three cells and zeros outside: float32 [3, X, Y, Z]."""
    noise = rng.standard_normal((3, *shape)).astype(np.float32)
    for axis in (1, 2, 3, 1, 2, 3):
        noise = correlate1d(noise, BOX, axis=axis, mode='constant')
    return noise


def displace(coords: np.ndarray, granularity: int, magnitude: float, rng: NormalSource) -> np.ndarray:
    """Move ``coords`` [N, 3] (voxel units) by noise interpolated from a grid with one value every two ``granularity``."""
    shape = np.abs(coords).max(0).astype(np.int32) // granularity + 3
    if shape.prod(dtype=np.float64) > LARGEST_GRID:
        raise DataError(
            f'elastic distortion needs a noise grid of {" x ".join(map(str, shape))} nodes for this cloud, '
            f'more than {LARGEST_GRID:.0e}; leave ElasticDistortion out for scenes this large, or train on crops'
        )
    noise = smooth_noise(shape, rng)
    grid = np.ascontiguousarray(np.moveaxis(noise, 0, -1))  # [X, Y, Z, 3]
    # node k lies at (2 k - (shape - 1)) * granularity, which leaves no point outside the grid
    cells = (coords.astype(np.float64) / granularity + (shape - 1)) / 2  # [N, 3]
    return coords + sample_grid(grid, cells) * magnitude


def elastic_distortion(coords: np.ndarray, rng: NormalSource, levels: Sequence[tuple[int, float]] = LEVELS) -> np.ndarray:
    """Distort ``coords`` [N, 3] (voxel units) once per level; float64 [N, 3]."""
    for granularity, magnitude in levels:
        coords = displace(coords, granularity, magnitude, rng)
    return np.asarray(coords, dtype=np.float64)


@TRANSFORMS.register_module()
class ElasticDistortion:
    """Add ``voxel_coords``: positions in voxels, distorted with ``probability``; the features keep the true positions."""

    def __init__(
        self, voxel_size: float = 0.02, probability: float = 0.5, levels: Sequence[tuple[int, float]] = LEVELS
    ) -> None:
        self.voxel_size = voxel_size  # metres
        self.probability = probability
        self.levels = tuple((int(granularity), float(magnitude)) for granularity, magnitude in levels)

    def __call__(self, sample: SampleDict) -> SampleDict:
        coords = sample['xyz'] / self.voxel_size  # [N, 3]
        if sample['rng'].random() < self.probability:
            coords = elastic_distortion(coords, sample['rng'], self.levels)
        sample['voxel_coords'] = coords
        return sample
