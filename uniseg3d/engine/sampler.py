"""Which samples a process sees, and when."""

from collections.abc import Iterator, Sized

import numpy as np
from mmengine.dist import get_dist_info, sync_random_seed
from torch.utils.data import Sampler

from uniseg3d.registry import DATA_SAMPLERS
from uniseg3d.utils.errors import DataError


@DATA_SAMPLERS.register_module()
class EpochSampler(Sampler[int]):
    """One pass over the data per epoch, in an order that depends on (seed, epoch) only, dealt out card by card.

    With W processes, process r gets positions r, r + W, r + 2W, ...: at every step the processes together hold exactly the
    batch that one process with a W times larger batch would hold. A pass can start in its middle.

    Args:
        dataset: anything with a length.
        shuffle: a new order each epoch; otherwise 0, 1, 2, ...
        seed: base of the order; ``None`` draws one that all processes share.
        drop_last: leave out the remainder that does not fill all processes; otherwise the first samples fill it up.
    """

    def __init__(self, dataset: Sized, shuffle: bool = True, seed: int | None = None, drop_last: bool = False) -> None:
        self.size, self.shuffle, self.drop_last = len(dataset), shuffle, drop_last
        self.rank, self.world_size = get_dist_info()
        self.seed = sync_random_seed() if seed is None else seed
        self.epoch = self.start = 0
        if self._count(self.size) == 0:
            raise DataError(f'{self.size} samples cannot be dealt to {self.world_size} processes; use fewer processes')

    def set_epoch(self, epoch: int, start: int = 0) -> None:
        """Choose the pass, and how many samples of it all processes together have already seen."""
        self.epoch, self.start = epoch, start

    def __iter__(self) -> Iterator[int]:
        order = np.random.default_rng([self.seed, self.epoch]).permutation(self.size) if self.shuffle else np.arange(self.size)
        left = order[self.start :]
        count = self._count(len(left)) * self.world_size
        dealt = left[:count] if count <= len(left) else np.concatenate([left, np.resize(order, count - len(left))])
        return iter(dealt[self.rank :: self.world_size].tolist())

    def __len__(self) -> int:
        """Samples of a whole pass for this process."""
        return self._count(self.size)

    def _count(self, samples: int) -> int:
        return samples // self.world_size if self.drop_last else -(-samples // self.world_size)
