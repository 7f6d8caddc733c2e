"""Scenes with parts missing."""

import numpy as np

from uniseg3d.registry import TRANSFORMS
from uniseg3d.superpoints.relabel import relabel
from uniseg3d.transforms.base import SampleDict
from uniseg3d.utils.errors import ConfigError

PER_POINT = ('xyz', 'color', 'rows', 'instance_ids', 'semantic')


@TRANSFORMS.register_module()
class DropSuperpoints:
    """Remove random superpoints with their points, in training and before anything is made of them.

    No two looks at a room are the same then, objects must be known by some of their parts, and a step costs less.

    ``share``: lower and upper end of the share that goes; at least one superpoint stays.
    """

    def __init__(self, share: tuple[float, float] = (0.0, 0.4)) -> None:
        low, high = share
        if not 0 <= low <= high <= 1:
            raise ConfigError(f'DropSuperpoints.share must be two growing numbers from 0 to 1, got {tuple(share)}')
        self.share = low, high

    def __call__(self, sample: SampleDict) -> SampleDict:
        ids, rng = sample['superpoints'], sample['rng']
        count = int(ids.max()) + 1
        stays = rng.random(count) >= rng.uniform(*self.share)  # [M]
        stays[rng.integers(count)] = True
        kept = stays[ids]  # [N]
        if sample.get('rows') is None:
            sample['rows'] = np.arange(len(ids))
        for key in PER_POINT:
            if sample.get(key) is not None:
                sample[key] = sample[key][kept]
        for key, columns in (('novel_point_masks', kept), ('novel_masks', stays)):
            if sample.get(key) is not None:
                sample[key] = sample[key][:, columns]
        sample['superpoints'] = relabel(ids[kept])
        return sample
