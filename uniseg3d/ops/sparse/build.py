"""Builders of neighbour tables from voxel coordinates."""

from typing import NamedTuple

import torch
from torch import Tensor

from uniseg3d.ops.sparse.keys import morton_keys
from uniseg3d.ops.sparse.lookup import Lookup, refuse_duplicates
from uniseg3d.ops.sparse.table import Geometry, NeighbourTable
from uniseg3d.ops.sparse.window import Triple, Window


class Meetings(NamedTuple):
    """Every (input voxel, kernel offset) that falls on a cell of the output grid."""

    row: Tensor  # [P] input row
    offset: Tensor  # [P] kernel offset
    coords: Tensor  # [P, 4] int32: cell of the output grid


def submanifold_table(lookup: Lookup, window: Window, coords: Tensor) -> NeighbourTable:
    """Neighbours of the voxels coords [N, 4] among themselves.

    The table is its own mirror image (if j lies at offset k of i, then i lies at the opposite offset of j), yet looking
    all offsets up is faster than writing the mirror image.
    """
    half = window.reach
    shifts = [(x - half[0], y - half[1], z - half[2]) for x, y, z in window.offsets]
    return NeighbourTable(lookup.rows_at(shifts), len(coords), True, Geometry(coords, coords, tuple(shifts)))


def tile_meetings(coords: Tensor, window: Window, shape: Triple) -> Meetings:
    """Strided windows that lie side by side: each voxel has one parent at most."""
    stride = coords.new_tensor(window.stride)
    parent = torch.div(coords[:, 1:], stride, rounding_mode='floor')  # [N, 3]
    place = coords[:, 1:] - parent * stride
    offset = (place[:, 0] * window.size[1] + place[:, 1]) * window.size[2] + place[:, 2]
    return _inside(torch.arange(len(coords), device=coords.device), offset, coords[:, :1], parent, shape)


def strided_meetings(coords: Tensor, window: Window, shape: Triple) -> Meetings:
    """Any strided window: voxel v meets output o at offset r where v = o * stride - padding + r."""
    stride = coords.new_tensor(window.stride)
    numerator = coords[None, :, 1:] + coords.new_tensor(window.padding) - coords.new_tensor(window.offsets)[:, None]
    offset, row = (numerator % stride == 0).all(-1).nonzero(as_tuple=True)
    cell = torch.div(numerator[offset, row], stride, rounding_mode='floor')
    return _inside(row, offset, coords[row, :1], cell, shape)


def transposed_meetings(coords: Tensor, window: Window, shape: Triple) -> Meetings:
    """The finer cells that a transposed convolution reaches: o = v * stride - padding + r."""
    corner = coords[:, 1:] * coords.new_tensor(window.stride) - coords.new_tensor(window.padding)
    cell = (corner[None] + coords.new_tensor(window.offsets)[:, None]).flatten(0, 1)  # [K N, 3]
    row = torch.arange(len(coords), device=coords.device).repeat(window.volume)
    offset = torch.arange(window.volume, device=coords.device).repeat_interleave(len(coords))
    return _inside(row, offset, coords[row, :1], cell, shape)


def _inside(row: Tensor, offset: Tensor, scene: Tensor, cell: Tensor, shape: Triple) -> Meetings:
    coords = torch.cat([scene, cell], 1)
    inside = ((cell >= 0) & (cell < cell.new_tensor(shape))).all(1)
    if bool(inside.all()):
        return Meetings(row, offset, coords)
    return Meetings(row[inside], offset[inside], coords[inside])


def join_levels(
    meetings: Meetings, volume: int, source_count: int, shape: Triple, batch_size: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Coordinates [V, 4] of the cells that are met, in Morton order; rows of the table from the input to them, and back."""
    cell, coords = _number_cells(meetings.coords, shape, batch_size)
    down = coords.new_full((volume, len(coords)), -1)
    down[meetings.offset, cell] = meetings.row.int()
    refuse_duplicates(int((down >= 0).sum()) != len(meetings.row))
    up = coords.new_full((volume, source_count), -1)
    up[meetings.offset, meetings.row] = cell.int()
    return coords, down, up


def geometry(fine: Tensor, coarse: Tensor, window: Window) -> Geometry:
    """Of the table from the fine level to the coarse one: fine cell = coarse cell * stride - padding + offset."""
    stride, padding = (coarse.new_tensor((edge, *values)) for edge, values in ((1, window.stride), (0, window.padding)))
    return Geometry(fine, coarse * stride - padding, tuple(window.offsets))


def _number_cells(coords: Tensor, shape: Triple, batch_size: int) -> tuple[Tensor, Tensor]:
    """Number the distinct rows of coords [P, 4] in Morton order: (number of each row [P], distinct rows [V, 4])."""
    keys = morton_keys(coords, shape, batch_size)
    if bool((keys[1:] >= keys[:-1]).all()):  # children in Morton order have parents in Morton order
        unique, number = torch.unique_consecutive(keys, return_inverse=True)
    else:
        unique, number = torch.unique(keys, return_inverse=True)
    cells = coords.new_empty(len(unique), 4)
    cells[number] = coords
    return number, cells
