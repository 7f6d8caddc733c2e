"""Neighbour tables: which input row meets which output row at which kernel offset."""

from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from uniseg3d.utils.errors import DataError


class Pairs(NamedTuple):
    """Input and output rows that meet at one kernel offset, output rows ascending."""

    source: Tensor  # [P] int32
    target: Tensor  # [P] int64, counted from the block's first row: adding at 32-bit indices is several times slower


class Block(NamedTuple):
    """A range of output rows and the pairs of each offset that end there."""

    start: int
    stop: int
    pairs: list[Pairs]


class NeighbourTable:
    """``rows[k, o]`` is the input row that output row ``o`` reads at kernel offset ``k``, or -1."""

    def __init__(self, rows: Tensor, source_count: int) -> None:
        """``rows`` is int32 [K, n_out] with values below ``source_count``, the number of input rows."""
        if rows.dim() != 2 or rows.dtype != torch.int32:
            raise DataError(f'a neighbour table is {rows.dtype} {list(rows.shape)}; expected torch.int32 [offsets, rows]')
        self.rows = rows.contiguous()
        self.source_count = source_count
        self._blocks: dict[int, list[Block]] = {}

    @property
    def volume(self) -> int:
        """Number of kernel offsets."""
        return self.rows.shape[0]

    @property
    def target_count(self) -> int:
        """Number of output rows."""
        return self.rows.shape[1]

    @property
    def pairs(self) -> list[Pairs]:
        """The pairs of each offset over all rows."""
        return self.blocks(self.target_count)[0].pairs

    def blocks(self, size: int) -> list[Block]:
        """Pairs by ranges of ``size`` output rows: while a range is computed, its rows stay in cache."""
        if size not in self._blocks:
            self._blocks[size] = [self._block(start, size) for start in range(0, self.target_count, size)]
        return self._blocks[size]

    def _block(self, start: int, size: int) -> Block:
        rows = self.rows[:, start : start + size]
        offset, target = (rows >= 0).nonzero(as_tuple=True)
        source = rows[offset, target]
        counts = torch.bincount(offset, minlength=self.volume).tolist()
        pairs = [Pairs(*both) for both in zip(source.split(counts), target.split(counts), strict=True)]
        return Block(start, start + rows.shape[1], pairs)

    @cached_property
    def identity(self) -> int | None:
        """The offset at which every row meets itself: the centre of a sub-manifold window."""
        centre = self.volume // 2
        if self.source_count != self.target_count:
            return None
        own = torch.arange(self.target_count, dtype=torch.int32, device=self.rows.device)
        return centre if torch.equal(self.rows[centre], own) else None

    def transpose(self) -> 'NeighbourTable':
        """The same pairs seen from the input rows: each input row must occur once at most per offset."""
        offset, target = (self.rows >= 0).nonzero(as_tuple=True)
        rows = self.rows.new_full((self.volume, self.source_count), -1)
        rows[offset, self.rows[offset, target].long()] = target.int()
        return NeighbourTable(rows, self.target_count)
