"""Colours: augmentation in 0..255, then the range the network sees."""

from collections.abc import Sequence

import numpy as np

from uniseg3d.registry import TRANSFORMS
from uniseg3d.transforms.base import SampleDict


@TRANSFORMS.register_module()
class ColorJitter:
    """Change brightness and tint of the whole cloud and add noise to each point; stays within 0..255."""

    def __init__(self, gain: float = 0.15, shift: float = 15.0, noise: float = 3.0) -> None:
        self.gain = gain  # each channel is multiplied by 1 +- gain, uniform
        self.shift = shift  # and moved by +- shift, uniform
        self.noise = noise  # standard deviation per point and channel

    def __call__(self, sample: SampleDict) -> SampleDict:
        rng: np.random.Generator = sample['rng']
        gain = 1 + rng.uniform(-self.gain, self.gain, 3)
        shift = rng.uniform(-self.shift, self.shift, 3)
        noise = self.noise * rng.standard_normal(sample['color'].shape, dtype=np.float32)
        sample['color'] = np.clip(sample['color'] * gain + shift + noise, 0, 255).astype(np.float32)
        return sample


@TRANSFORMS.register_module()
class NormalizeColor:
    """``(color - mean) / std``; the defaults map 0..255 to -1..1."""

    def __init__(self, mean: Sequence[float] = (127.5, 127.5, 127.5), std: Sequence[float] = (127.5, 127.5, 127.5)) -> None:
        self.mean = np.asarray(mean, dtype=np.float32)
        self.std = np.asarray(std, dtype=np.float32)

    def __call__(self, sample: SampleDict) -> SampleDict:
        sample['color'] = (sample['color'].astype(np.float32) - self.mean) / self.std  # [N, 3]
        return sample
