"""Several data sets in one, each with its share of an epoch."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch.utils.data import Dataset

from uniseg3d.datasets.sequence_sampler import stretched
from uniseg3d.datasets.views.dataset import ViewSequenceDataset
from uniseg3d.registry import DATASETS
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.errors import ConfigError

_STREAM = 777  # of the published permutations


@DATASETS.register_module()
class ViewMixture(Dataset[ViewBatch]):
    """``counts`` samples of ``parts`` per epoch: other ones in each epoch until a part is used up.

    Args:
        data_root: folder above those of all parts.
        parts: what tells the data sets apart; ``folder`` is below ``data_root``, the name of the layout if not given;
            ``type`` is the class, :class:`ViewSequenceDataset` if not given.
        counts: samples of each part; parts with none need not be there.
        common: fields that all parts share.
    """

    def __init__(
        self,
        data_root: str,
        parts: Sequence[Mapping[str, Any]],
        counts: Sequence[int],
        common: Mapping[str, Any],
        seed: int = 0,
    ) -> None:
        if len(counts) != len(parts) or min(counts, default=0) < 0 or not sum(counts):
            raise ConfigError(f'ViewMixture needs one count for each of {len(parts)} parts, one above 0; got {list(counts)}')
        used = [(part, count) for part, count in zip(parts, counts, strict=True) if count]
        self.parts = [_built(Path(data_root), {**common, **part}) for part, _ in used]
        self.counts = [count for _, count in used]
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


def _built(root: Path, fields: dict[str, Any]) -> ViewSequenceDataset:
    folder = fields.pop('folder', fields.get('layout', ''))
    return cast(ViewSequenceDataset, DATASETS.build({'type': 'ViewSequenceDataset', **fields, 'data_root': str(root / folder)}))
