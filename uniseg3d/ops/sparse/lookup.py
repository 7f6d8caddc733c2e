"""From coordinates to rows: a dense grid of row numbers where it is small enough, a sorted list of keys elsewhere."""

import math
from typing import Protocol

import torch
from torch import Tensor

from uniseg3d.ops.sparse.keys import pack_keys
from uniseg3d.utils.errors import DataError

SMALL_GRID = 2**22  # cells; below, filling a grid costs less than sorting any number of voxels
CELLS_PER_VOXEL = 256  # filling that many cells costs as much as one binary search
LARGEST_GRID = 2**31 - 1  # cells that 32-bit keys can address


Shift = tuple[int, int, int]


class Lookup(Protocol):
    """Rows of the voxels at fixed distances from every voxel."""

    def rows_at(self, shifts: list[Shift]) -> Tensor:
        """Row of the voxel at coords + shift, or -1: int32 [len(shifts), N]. Shifts lie within the margin."""


def build_lookup(coords: Tensor, box: tuple[list[int], list[int]], margin: Shift) -> Lookup:
    """Index the voxels coords [N, 4], which lie between the corners of ``box`` (inclusive), for shifts up to ``margin``."""
    low = (box[0][0], *(corner - m for corner, m in zip(box[0][1:], margin, strict=True)))
    extent = (box[1][0] - low[0] + 1, *(c + m - s + 1 for c, m, s in zip(box[1][1:], margin, low[1:], strict=True)))
    keys = pack_keys(coords, low, extent)
    cells = math.prod(extent)
    if cells <= min(max(SMALL_GRID, CELLS_PER_VOXEL * len(coords)), LARGEST_GRID):
        return GridLookup(keys, extent, margin)
    return SortedLookup(keys, extent)


def _key_shift(shift: Shift, extent: tuple[int, ...]) -> int:
    return (shift[0] * extent[2] + shift[1]) * extent[3] + shift[2]


class GridLookup:
    """Row numbers on a dense grid, 4 bytes per cell. The margin keeps shifted keys inside it."""

    def __init__(self, keys: Tensor, extent: tuple[int, ...], margin: Shift) -> None:
        self.extent = extent
        self.reach = _key_shift(margin, extent)  # keys less this much are never negative
        self.keys = keys.sub_(self.reach).int()
        rows = torch.arange(len(keys), dtype=torch.int32, device=keys.device)
        self.grid = torch.full((math.prod(extent),), -1, dtype=torch.int32, device=keys.device)
        self.grid[self.reach :].index_copy_(0, keys, rows)
        refuse_duplicates(not torch.equal(self.grid[self.reach :].index_select(0, self.keys), rows))

    def rows_at(self, shifts: list[Shift]) -> Tensor:
        rows = self.grid.new_empty(len(shifts), len(self.keys))
        for shift, row in zip(shifts, rows, strict=True):
            torch.index_select(self.grid[self.reach + _key_shift(shift, self.extent) :], 0, self.keys, out=row)
        return rows


class SortedLookup:
    """Binary search in the sorted keys: memory grows with the voxels, not with the room."""

    def __init__(self, keys: Tensor, extent: tuple[int, ...]) -> None:
        self.keys, self.extent = keys, extent
        self.sorted, order = keys.sort()
        self.order = order.int()
        refuse_duplicates(bool((self.sorted[1:] == self.sorted[:-1]).any()))

    def rows_at(self, shifts: list[Shift]) -> Tensor:
        return torch.stack([self._rows_at(_key_shift(shift, self.extent)) for shift in shifts])

    def _rows_at(self, shift: int) -> Tensor:
        wanted = self.keys + shift
        place = torch.searchsorted(self.sorted, wanted).clamp_(max=len(self.sorted) - 1)
        return torch.where(self.sorted[place] == wanted, self.order[place], -1)


def refuse_duplicates(found: bool) -> None:
    """Two features cannot share a voxel."""
    if found:
        raise DataError('some voxel coordinates occur twice; voxelise first (uniseg3d.geometry.voxelize merges them)')
