"""The rows of a pointer memory: streams of different length side by side, and how rows are written and dropped."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from uniseg3d.ops.scatter import segment_mean
from uniseg3d.structures.container import Container


@dataclass(eq=False)
class Pointers(Container):
    """The pointers of B streams. Rows of shorter streams are filled up at the end, and nobody may look at the filling."""

    features: Tensor  # [B, M, C]
    positions: Tensor  # [B, M, 3] float32, in the world
    last_seen: Tensor  # [B, M] int64, number of the frame that last touched the pointer
    counts: tuple[int, ...]  # B, the largest is M

    @classmethod
    def of_frame(cls, features: Tensor, positions: Tensor, frame: int = 0) -> 'Pointers':
        """All that one frame saw: ``features`` [B, N, C], ``positions`` [B, N, 3]."""
        batch, count = positions.shape[:2]
        last_seen = torch.full((batch, count), frame, device=positions.device)
        return cls(features, positions, last_seen, (count,) * batch)

    @property
    def filling(self) -> Tensor | None:
        """Rows that are no pointers, bool [B, M]; ``None`` if all are."""
        rows = self.features.shape[1]
        if min(self.counts) == rows:
            return None
        return torch.arange(rows, device=self.features.device) >= self._ends()[:, None]

    def of_stream(self, index: int) -> 'Pointers':
        """The pointers of one stream, without filling."""
        count = self.counts[index]
        return self._each(lambda value: value[index : index + 1, :count], (count,))

    def store(self, seen: 'Pointers', replaced: Tensor) -> 'Pointers':
        """Put the new pointers ``seen`` into the rows ``replaced`` [B, N], or (where that is -1) behind the last one.

        Of several for one row, the mean is put there.
        """
        new = replaced < 0  # [B, N]
        row = torch.where(new, self._ends()[:, None] + new.cumsum(1) - 1, replaced)
        counts = tuple(old + more for old, more in zip(self.counts, new.sum(1).tolist(), strict=True))
        rows = max(counts)
        flat = (row + rows * torch.arange(len(row), device=row.device)[:, None]).flatten()  # of all streams, one after another
        hit, group = flat.unique(return_inverse=True)  # [G], [B * N]
        wide = self._each(lambda value: F.pad(value, (0, 0) * (value.ndim - 2) + (0, rows - value.shape[1])), counts)

        def put(old: Tensor, brought: Tensor) -> Tensor:
            mean = segment_mean(brought.flatten(0, 1), group, len(hit))
            return old.flatten(0, 1).index_put((hit,), mean).view_as(old)

        last_seen = wide.last_seen.scatter(1, row, seen.last_seen)
        return Pointers(put(wide.features, seen.features), put(wide.positions, seen.positions), last_seen, counts)

    def keep_recent(self, budget: int) -> 'Pointers':
        """The ``budget`` pointers of each stream that were touched last, in the order in which they stand."""
        if max(self.counts) <= budget:
            return self
        filling = self.filling
        age = self.last_seen if filling is None else self.last_seen.masked_fill(filling, -1)
        # stable: of pointers that were touched together, the last ones stay
        kept = age.argsort(dim=1, stable=True)[:, -budget:].sort(1).values  # [B, budget]
        return self._each(lambda value: _take(value, kept), tuple(min(count, budget) for count in self.counts))

    def _each(self, change: Callable[[Tensor], Tensor], counts: tuple[int, ...]) -> 'Pointers':
        return Pointers(change(self.features), change(self.positions), change(self.last_seen), counts)

    def _ends(self) -> Tensor:
        return torch.tensor(self.counts, device=self.features.device)  # [B]


def _take(value: Tensor, rows: Tensor) -> Tensor:
    """Rows [B, K] of ``value`` [B, M, ...]."""
    index = rows if value.ndim == 2 else rows[..., None].expand(-1, -1, value.shape[2])
    return value.gather(1, index)
