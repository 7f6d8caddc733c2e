"""Batches of view sequences: all sequences of a batch have one image size and one length."""

from collections.abc import Iterator, Sized
from typing import Any

import numpy as np

from uniseg3d.datasets.sequence_sampler import draw_batches
from uniseg3d.engine.sampler import EpochSampler
from uniseg3d.registry import DATA_SAMPLERS
from uniseg3d.utils.errors import ConfigError


@DATA_SAMPLERS.register_module()
class ViewSampler(EpochSampler):
    """One pass per epoch in an order that depends on (seed, epoch) only; yields (sample, resolution, number of views).

    What the processes together use in one step shares resolution and length.

    Args:
        dataset: has a length and ``resolutions``.
        batch_size: of one process, as the loader's.
        views: views per sequence, or the fewest and the most.
        favour_first: draw the first half of the resolutions twice as often as the others.
    """

    def __init__(
        self, dataset: Sized, batch_size: int, views: int | tuple[int, int], favour_first: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(dataset, **kwargs)
        self.favour_first = favour_first
        self.fewest, self.most = (views, views) if isinstance(views, int) else views
        if batch_size < 1 or not 1 <= self.fewest <= self.most:
            raise ConfigError(f'ViewSampler needs batch_size >= 1 and 1 <= fewest <= most views, got {batch_size} and {views}')
        self.batch_size = batch_size
        self.resolutions = len(dataset.resolutions)  # type: ignore[attr-defined]

    def __iter__(self) -> Iterator[tuple[int, int, int]]:  # type: ignore[override]
        step = self.batch_size * self.world_size
        rng = np.random.default_rng([self.seed, self.epoch])
        rows = draw_batches(rng, self.size, step, self.resolutions, (self.fewest, self.most), self.favour_first)
        if not self.shuffle:
            rows[:, 0] = np.arange(self.size)
        left = rows[self.start :]
        count = self._count(len(left)) * self.world_size
        dealt = left[:count] if count <= len(left) else np.concatenate([left, np.resize(rows, (count - len(left), 3))])
        return iter([tuple(row) for row in dealt[self.rank :: self.world_size].tolist()])
