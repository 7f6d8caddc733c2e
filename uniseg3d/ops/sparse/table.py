"""Neighbour tables: which input row meets which output row at which kernel offset."""

from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from uniseg3d.utils.errors import DataError


class Pairs(NamedTuple):
    """Input and output rows that meet at one kernel offset, output rows ascending."""

    source: Tensor  # [P] int32
    target: Tensor  # [P] int64: adding at 32-bit indices is several times slower
    identity: bool  # every row meets itself, as at the centre of a sub-manifold window


class NeighbourTable:
    """``rows[k, o]`` is the input row that output row ``o`` reads at kernel offset ``k``, or -1."""

    def __init__(self, rows: Tensor, source_count: int) -> None:
        """``rows`` is int32 [K, n_out] with values below ``source_count``, the number of input rows."""
        if rows.dim() != 2 or rows.dtype != torch.int32:
            raise DataError(f'a neighbour table is {rows.dtype} {list(rows.shape)}; expected torch.int32 [offsets, rows]')
        self.rows = rows.contiguous()
        self.source_count = source_count

    @property
    def volume(self) -> int:
        """Number of kernel offsets."""
        return self.rows.shape[0]

    @property
    def target_count(self) -> int:
        """Number of output rows."""
        return self.rows.shape[1]

    @cached_property
    def pairs(self) -> list[Pairs]:
        """The pairs of each offset, for back ends that gather."""
        offset, target = (self.rows >= 0).nonzero(as_tuple=True)
        source = self.rows[offset, target]
        counts = torch.bincount(offset, minlength=self.volume).tolist()
        split = zip(source.split(counts), target.split(counts), strict=True)
        return [Pairs(s, t, len(t) == self.target_count == self.source_count and torch.equal(s, t)) for s, t in split]

    @cached_property
    def fill(self) -> float:
        """Share of the table that holds a neighbour."""
        return int((self.rows >= 0).sum()) / max(self.rows.numel(), 1)

    def transpose(self) -> 'NeighbourTable':
        """The same pairs seen from the input rows: each input row must occur once at most per offset."""
        offset, target = (self.rows >= 0).nonzero(as_tuple=True)
        rows = self.rows.new_full((self.volume, self.source_count), -1)
        rows[offset, self.rows[offset, target].long()] = target.int()
        return NeighbourTable(rows, self.target_count)
