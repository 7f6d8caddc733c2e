"""One resolution of a batch of scenes: where its voxels lie, and every table that was asked for."""

from collections.abc import Iterable
from dataclasses import dataclass
from operator import index
from typing import SupportsIndex, cast

import torch
from torch import Tensor

from uniseg3d.ops.sparse import build
from uniseg3d.ops.sparse.keys import morton_order
from uniseg3d.ops.sparse.lookup import build_lookup
from uniseg3d.ops.sparse.table import NeighbourTable
from uniseg3d.ops.sparse.window import OddPlane, Triple, Window
from uniseg3d.utils.errors import ConfigError, DataError
from uniseg3d.utils.tensor_check import expect_tensor

INT32_MAX = 2**31 - 1


@dataclass
class StrideMap:
    """From a level to the coarser or finer one that a convolution made of it."""

    level: 'Level'
    down: NeighbourTable  # rows of this level -> rows of the new one
    up: NeighbourTable  # the way back


class Level:
    """Voxels of one resolution. Tables are built on first use and live as long as the level.

    A level keeps the levels that were made from it; not the other way round.
    """

    def __init__(self, coords: Tensor, spatial_shape: Triple | list[int] | None = None, batch_size: int | None = None) -> None:
        """``coords`` are int32 [V, 4] rows (scene, x, y, z), all different; extents default to the largest coordinate + 1."""
        self.coords = _checked_type(coords)
        self._box = [corner.tolist() for corner in torch.aminmax(self.coords, dim=0)]
        low, high = self._box
        x, y, z = [axis + 1 for axis in high[1:]] if spatial_shape is None else _whole_numbers(spatial_shape)
        self.spatial_shape: Triple = (x, y, z)
        self.batch_size: int = high[0] + 1 if batch_size is None else _whole_number(batch_size)
        _check_range(low, high, (self.batch_size, *self.spatial_shape))
        self._neighbours: dict[Window, NeighbourTable] = {}
        self._made: dict[tuple[Window, str], StrideMap] = {}

    def __len__(self) -> int:
        return len(self.coords)

    @property
    def device(self) -> torch.device:
        return self.coords.device

    def neighbours(self, window: Window) -> NeighbourTable:
        """Table of a sub-manifold convolution; its transpose is itself with the offsets mirrored."""
        if window not in self._neighbours:
            low, high = self._box
            lookup = build_lookup(self.coords, (low, high), window.reach)
            self._neighbours[window] = build.submanifold_table(lookup, window, self.coords)
        return self._neighbours[window]

    def strided(self, window: Window, odd_plane: OddPlane = 'keep') -> StrideMap:
        """The coarser level of a strided convolution and the tables down to it and back."""
        if odd_plane not in ('keep', 'drop'):
            raise ConfigError(f'odd_plane is {odd_plane!r}; expected keep or drop')
        key = (window, odd_plane)
        if key not in self._made:
            _check_extents(_padded(self.spatial_shape, window), tuple(2 * reach + 1 for reach in window.reach))
            shape = window.shape_after(self.spatial_shape, odd_plane)
            meet = build.tile_meetings if window.tiles else build.strided_meetings
            self._made[key] = self._make(meet(self.coords, window, shape), window, shape, downwards=True)
        return self._made[key]

    def transposed(self, window: Window) -> StrideMap:
        """The finer level that a transposed convolution fills, and the tables to it (``down``) and back (``up``)."""
        key = (window, 'transposed')
        if key not in self._made:
            shape = window.shape_before(self.spatial_shape)
            _check_extents(_padded(shape, window))
            meetings = build.transposed_meetings(self.coords, window, shape)
            self._made[key] = self._make(meetings, window, shape, downwards=False)
        return self._made[key]

    def _make(self, meetings: build.Meetings, window: Window, shape: Triple, downwards: bool) -> StrideMap:
        if not len(meetings.row):
            raise DataError(
                f'no voxel is left after a convolution of kernel {window.size} and stride {window.stride} over a grid of '
                f'{" x ".join(map(str, self.spatial_shape))}; give a larger spatial_shape, or keep odd planes'
            )
        coords, down, up = build.join_levels(meetings, window.volume, len(self), shape, self.batch_size)
        fine, coarse = (self.coords, coords) if downwards else (coords, self.coords)
        there = build.geometry(fine, coarse, window)
        there = there if downwards else there.transpose()
        tables = NeighbourTable(down, len(self), True, there), NeighbourTable(up, len(coords), True, there.transpose())
        return StrideMap(Level(coords, shape, self.batch_size), *tables)

    def morton_order(self) -> Tensor:
        """Permutation [V] that brings neighbours in space close in memory; convolutions run faster on rows so sorted."""
        return morton_order(self.coords, self.spatial_shape, self.batch_size)


def _checked_type(coords: Tensor) -> Tensor:
    expect_tensor(coords, 'voxel coordinates', '[V, 4]')
    if coords.dim() != 2 or coords.shape[1] != 4:
        raise DataError(f'voxel coordinates have shape {list(coords.shape)}; expected [V, 4]: scene, x, y, z')
    if len(coords) == 0:
        raise DataError('there is no voxel; expected at least one occupied cell')
    if coords.dtype == torch.int64:
        low, high = int(coords.min()), int(coords.max())
        if max(-low, high) > INT32_MAX:
            raise DataError(f'voxel coordinates reach from {low} to {high}, farther than {INT32_MAX}; take larger voxels')
        return coords.int().contiguous()
    if coords.dtype != torch.int32:
        raise DataError(f'voxel coordinates are {coords.dtype}; expected torch.int32')
    return coords.contiguous()


def _whole_numbers(spatial_shape: object) -> list[int]:
    """Three extents from anything that lists them: a tuple, an array, a tensor."""
    try:
        extents = list(cast(Iterable[SupportsIndex], spatial_shape))
        shape = [] if isinstance(spatial_shape, (str, bytes)) else [index(axis) for axis in extents]
    except (TypeError, ValueError, RuntimeError):  # a number, or extents that are no whole numbers
        shape = []
    if len(shape) != 3:
        raise DataError(f'spatial_shape is {spatial_shape!r}; expected three extents: x, y, z, whole numbers')
    return shape


def _whole_number(batch_size: object) -> int:
    try:
        return index(cast(SupportsIndex, batch_size))
    except (TypeError, RuntimeError) as error:
        raise DataError(f'batch_size is {batch_size!r}; expected the number of scenes, a whole number') from error


def _padded(shape: Triple, window: Window) -> tuple[int, ...]:
    return tuple(extent + 2 * pad for extent, pad in zip(shape, window.padding, strict=True))


def _check_extents(*shapes: tuple[int, ...]) -> None:
    for shape in shapes:
        if max(shape) > INT32_MAX:
            raise DataError(f'a grid of {" x ".join(map(str, shape))} is longer than {INT32_MAX} voxels; take larger voxels')


def _check_range(low: list[int], high: list[int], shape: tuple[int, ...]) -> None:
    _check_extents(shape)
    for name, first, last, extent in zip(('scene', 'x', 'y', 'z'), low, high, shape, strict=True):
        if first < 0 or last >= extent:
            raise DataError(
                f'voxel coordinates along {name} run from {first} to {last}; expected 0 to {extent - 1}. '
                'Shift them to start at 0, or give a larger spatial_shape or batch_size'
            )
