"""Several data sets in one, each with its share of an epoch."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from uniseg3d.datasets.sequence_sampler import stretched
from uniseg3d.registry import DATASETS
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.errors import ConfigError

_STREAM = 777  # of the published permutations


@DATASETS.register_module()
class ViewMixture(Dataset[ViewBatch]):
    """``count`` samples of each of ``parts`` per epoch: other ones in each epoch until a part is used up.

    Args:
        parts: ``dict(count=..., **config of a data set)`` each.
        common: fields that all parts share and may replace.
    """

    def __init__(self, parts: Sequence[Mapping[str, Any]], common: Mapping[str, Any] | None = None, seed: int = 0) -> None:
        if not parts or any(part.get('count', 0) < 1 for part in parts):
            raise ConfigError('ViewMixture.parts needs at least one data set, each with a count of at least 1')
        self.counts = [part['count'] for part in parts]
        fields = [{**(common or {}), **{key: value for key, value in part.items() if key != 'count'}} for part in parts]
        self.parts = [DATASETS.build({'type': 'ViewSequenceDataset', **each}) for each in fields]
        self.ends = np.cumsum(self.counts)
        self.seed = seed
        self._epoch = torch.zeros(1, dtype=torch.int64).share_memory_()

    @property
    def metainfo(self) -> dict[str, Any]:
        """Nothing that a picture or a metric would need."""
        return {}

    @property
    def resolutions(self) -> list[tuple[int, int]]:
        """Image sizes of all parts."""
        return self.parts[0].resolutions

    @property
    def seed(self) -> int:
        """Base of all random choices."""
        return self._seed

    @seed.setter
    def seed(self, value: int) -> None:
        self._seed = value
        for number, part in enumerate(self.parts):
            part.seed = value + number

    def set_epoch(self, epoch: int) -> None:
        """Choose which samples of the parts belong to the epoch, and their random numbers."""
        self._epoch.fill_(epoch)
        for part in self.parts:
            part.set_epoch(epoch)

    def __len__(self) -> int:
        return int(self.ends[-1])

    def __getitem__(self, key: int | tuple[int, int, int]) -> ViewBatch:
        index, rest = (key[0], key[1:]) if isinstance(key, tuple) else (key, ())
        if not -len(self) <= index < len(self):
            raise IndexError(f'sample {index} of {len(self)}')
        part = int(np.searchsorted(self.ends, index % len(self), side='right'))
        own = index % len(self) - (int(self.ends[part - 1]) if part else 0)
        order = stretched(np.random.default_rng(int(self._epoch) + _STREAM), len(self.parts[part]), self.counts[part])
        return self.parts[part][(int(order[own]), *rest) if rest else int(order[own])]
