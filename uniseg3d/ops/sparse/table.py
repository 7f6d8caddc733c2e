"""Neighbour tables: which input row meets which output row at which kernel offset."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from uniseg3d.ops.sparse.keys import morton_order
from uniseg3d.ops.sparse.window import Triple
from uniseg3d.utils.errors import DataError

SAMPLED = 1024  # rows that tell how the others lie
NEAR = 2048  # rows: they fit the cache of a core, whatever their channels


class Pairs(NamedTuple):
    """Input and output rows that meet at one kernel offset, output rows ascending."""

    source: Tensor  # [P] int32
    target: Tensor  # [P] int64: adding at 32-bit indices is several times slower


class Walk(NamedTuple):
    """A table in an order of its own: column ``c`` belongs to output row ``order[c]``; None: to row ``c``."""

    rows: Tensor  # [K, n_out] int32
    order: Tensor | None  # [n_out] int32


class Block:
    """A range of output rows and the pairs that end there, offset by offset."""

    def __init__(self, rows: Tensor, start: int) -> None:
        """``rows`` [K, n] are the columns of the table from ``start`` on."""
        rows = rows.contiguous()
        self.start, self.stop = start, start + rows.shape[1]
        self._present = rows >= 0
        self.counts: list[int] = self._present.sum(1).tolist()  # pairs of each offset
        self.sources = rows.masked_select(self._present).split(self.counts)  # input rows of each offset: [P] int32

    def __len__(self) -> int:
        return sum(self.counts)

    @cached_property
    def pairs(self) -> list[Pairs]:
        """Pairs of each offset, their output rows counted from the block's first."""
        target = self._present.nonzero(as_tuple=True)[1]
        return [Pairs(*both) for both in zip(self.sources, target.split(self.counts), strict=True)]

    @cached_property
    def by_target(self) -> tuple[Tensor, Tensor]:
        """The pairs' numbers [P] sorted by output row, offsets ascending, and where each row [n] begins among them: int32."""
        number = self._present.flatten().cumsum(0, dtype=torch.int32).sub_(1).view_as(self._present)
        counts = self._present.sum(0)
        first = (counts.cumsum(0) - counts).int()
        return number.t().contiguous().masked_select(self._present.t().contiguous()), first


@dataclass(frozen=True)
class Geometry:
    """Where the rows of a table lie, for engines that look neighbours up themselves: input cell = output cell + offset."""

    source: Tensor  # [n_in, 4] int32: scene, x, y, z
    target: Tensor  # [n_out, 4] on the same grid
    offsets: tuple[Triple, ...]  # of the K kernel elements

    def transpose(self) -> 'Geometry':
        return Geometry(self.target, self.source, tuple((-x, -y, -z) for x, y, z in self.offsets))


class NeighbourTable:
    """``rows[k, o]`` is the input row that output row ``o`` reads at kernel offset ``k``, or -1."""

    def __init__(self, rows: Tensor, source_count: int, trusted: bool = False, geometry: Geometry | None = None) -> None:
        """``rows`` is int32 [K, n_out] with values below ``source_count``, the number of input rows.

        ``trusted`` is the builder's word that the values are in range, which saves looking: engines read what they name.
        """
        if rows.dim() != 2 or rows.dtype != torch.int32 or not len(rows):
            raise DataError(f'a neighbour table is {rows.dtype} {list(rows.shape)}; expected torch.int32 [offsets, rows]')
        if not trusted and rows.numel() and not -1 <= int(rows.min()) <= int(rows.max()) < source_count:
            raise DataError(
                f'a neighbour table names rows {int(rows.min())} to {int(rows.max())}; expected 0 to {source_count - 1}, or -1'
            )
        self.rows = rows.contiguous()
        self.source_count = source_count
        self.geometry = geometry
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
    def empty(self) -> bool:
        """There is nothing to read or nothing to write."""
        return 0 in (self.source_count, self.target_count)

    @property
    def pairs(self) -> list[Pairs]:
        """The pairs of each offset over all rows."""
        return self.blocks(max(self.target_count, 1))[0].pairs

    def blocks(self, size: int) -> list[Block]:
        """Pairs by ranges of ``size`` output rows: while a range is computed, its rows stay in cache."""
        if size not in self._blocks:
            starts = range(0, max(self.target_count, 1), size)
            self._blocks[size] = [Block(self.rows[:, start : start + size], start) for start in starts]
        return self._blocks[size]

    @cached_property
    def walk(self) -> Walk:
        """The rows as an engine goes through them that reads a neighbour again and again while it is in cache."""
        if self.geometry is None or self.geometry.source is not self.geometry.target or self._near_in_memory():
            return Walk(self.rows, None)
        coords = self.geometry.target
        _, *extents = (coords.amax(0) + 1).tolist()
        order = morton_order(coords, (extents[0], extents[1], extents[2]), int(coords[:, 0].amax()) + 1)
        rows = torch.empty_like(self.rows)
        for row, moved in zip(self.rows, rows, strict=True):  # a third of the time of index_select along axis 1
            torch.index_select(row, 0, order, out=moved)
        return Walk(rows, order.int())

    def _near_in_memory(self) -> bool:
        """Whether most of some rows' neighbours are few rows away."""
        step = max(self.target_count // SAMPLED, 1)
        sample = self.rows[:, ::step]
        own = torch.arange(0, self.target_count, step, dtype=torch.int32, device=sample.device)
        present = sample >= 0
        near = present & ((sample - own).abs() < NEAR)
        return bool(2 * near.sum() >= present.sum())

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
        if int((rows >= 0).sum()) != len(target):
            raise DataError('an input row meets two output rows at one kernel offset; such a table has no transpose')
        return NeighbourTable(rows, self.target_count, True, self.geometry.transpose() if self.geometry else None)
