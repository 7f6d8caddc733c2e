"""Augmentations that move the whole cloud."""

from collections.abc import Sequence

import numpy as np

from uniseg3d.geometry.rotation import rotation_z, transform_points
from uniseg3d.registry import TRANSFORMS
from uniseg3d.transforms.base import SampleDict
from uniseg3d.transforms.cloud_checks import centre


@TRANSFORMS.register_module()
class AlignAxes:
    """Turn the scan so that its walls follow the axes, with the matrix that came with the scan."""

    def __call__(self, sample: SampleDict) -> SampleDict:
        matrix = np.asarray(sample['info'].axis_align_matrix, dtype=np.float64)
        aligned = transform_points(matrix, sample['xyz'] + sample['origin'])  # the matrix is meant for the scan's own frame
        sample['xyz'], sample['origin'] = centre(aligned)
        return sample


@TRANSFORMS.register_module()
class RotateScaleTranslate:
    """Turn about z, scale, shift; drawn in this order.

    With ``quarter_turns`` the angle from ``rotation_range`` is added to a random multiple of 90 degrees: for scans whose
    walls follow the axes, this keeps them nearly so.
    """

    def __init__(
        self,
        rotation_range: Sequence[float] = (-3.14, 3.14),
        scale_range: Sequence[float] = (0.8, 1.2),
        translation_std: Sequence[float] = (0.1, 0.1, 0.1),
        quarter_turns: bool = False,
    ) -> None:
        self.rotation_range = tuple(rotation_range)  # radians, uniform
        self.scale_range = tuple(scale_range)  # uniform
        self.translation_std = np.asarray(translation_std)  # [3] metres, normal
        self.quarter_turns = quarter_turns

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """One random transformation as a matrix [4, 4]."""
        angle = rng.uniform(self.rotation_range[0], self.rotation_range[1])
        if self.quarter_turns:
            angle += np.pi / 2 * rng.integers(4)
        matrix = np.eye(4)
        matrix[:3, :3] = rotation_z(angle) * rng.uniform(self.scale_range[0], self.scale_range[1])
        matrix[:3, 3] = rng.normal(scale=self.translation_std)
        return matrix

    def __call__(self, sample: SampleDict) -> SampleDict:
        sample['xyz'] = transform_points(self.draw(sample['rng']), sample['xyz']).astype(np.float32)
        return sample


@TRANSFORMS.register_module()
class RandomFlip:
    """Mirror x and y, each with ``probability``. Not for data whose sentences say left and right."""

    def __init__(self, probability: float = 0.5) -> None:
        self.probability = probability

    def __call__(self, sample: SampleDict) -> SampleDict:
        flips = sample['rng'].random(2) < self.probability
        sample['xyz'] = sample['xyz'] * np.array([*np.where(flips, -1, 1), 1], dtype=np.float32)
        return sample
