"""Which gaussian covers which pixel, and how much of it: a list of pairs for one window of an image at a time.

Only the pixels inside the ellipse that a gaussian is visible in are listed, row by row of the image, so the list is about as
long as the blending needs it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from uniseg3d.ops.rasterize.rules import FAINTEST, OPAQUE

ROUNDING = 1e-3  # pixels

Window = tuple[int, int, int, int]  # first row, row after the last, first column, column after the last


@dataclass(frozen=True, eq=False)
class Splats:
    """What of K gaussians matters on an image, nearest first; no gradients here."""

    pixel: Tensor  # [K, 2]
    conic: Tensor  # [K, 3]
    opacity: Tensor  # [K]
    box: Tensor  # [K, 4]


@dataclass(frozen=True, eq=False)
class Rows:
    """R pieces of image rows inside the ellipses, by gaussian."""

    splat: Tensor  # [R] int64
    row: Tensor  # [R] int64
    first: Tensor  # [R] int64 column
    length: Tensor  # [R] int64 pixels


@dataclass(frozen=True, eq=False)
class Pairs:
    """P pairs of a gaussian and a pixel in a window, by gaussian."""

    rows: Rows
    piece: Tensor  # [P] int64: the piece of a row that a pair belongs to
    place: Tensor  # [P] int64: pixel of the window, row-major
    across: Tensor  # [P] columns from the pixel to the centre of the gaussian
    alpha: Tensor  # [P] share of the pixel that the gaussian covers, not bounded above; 0 where it is too small to count


@dataclass(frozen=True, eq=False)
class Blend:
    """Pairs in the order of blending: by pixel, nearest first."""

    order: Tensor  # [P] int64: which pair comes when
    count: Tensor  # [pixels of the window] int64
    alpha: Tensor  # [P]
    clear: Tensor  # [P] float64: transmittance in front of the gaussian
    kept: Tensor  # [P] bool: blended before the pixel is opaque

    @property
    def weight(self) -> Tensor:
        """Share of the pixel's colour [P]."""
        return self.alpha * self.clear.to(self.alpha.dtype) * self.kept


def windows(box: Tensor, size: tuple[int, int], budget: int) -> Iterator[Window]:
    """Parts of the image that hold at most ``budget`` pairs each, by the boxes [K, 4]; a single pixel may hold more."""
    todo = [(0, size[0], 0, size[1])]
    while todo:
        window = todo.pop()
        top, bottom, left, right = window
        wide = (box[:, 1].clamp_max(right) - box[:, 0].clamp_min(left)).clamp_min(0)
        high = (box[:, 3].clamp_max(bottom) - box[:, 2].clamp_min(top)).clamp_min(0)
        pairs = int((wide * high).sum())
        if pairs > budget and bottom - top > 1:
            middle = (top + bottom) // 2
            todo += [(middle, bottom, left, right), (top, middle, left, right)]
        elif pairs > budget and right - left > 1:
            middle = (left + right) // 2
            todo += [(top, bottom, middle, right), (top, bottom, left, middle)]
        elif pairs:
            yield window


def pairs_in(splats: Splats, window: Window) -> Pairs:
    """All pairs of ``window``."""
    rows = _rows_in(splats, window)
    piece, column = _expand(rows.first, rows.length)
    corner = (rows.row - window[0]) * (window[3] - window[2]) - window[2]  # [R]
    place = corner.index_select(0, piece) + column
    across = splats.pixel[rows.splat, 0].index_select(0, piece) - column
    down = splats.pixel[rows.splat, 1] - rows.row  # [R]
    xx, xy, yy = splats.conic[rows.splat].unbind(-1)
    power = torch.log(splats.opacity[rows.splat]) - 0.5 * yy * down.square()
    curve, slope = (0.5 * xx).index_select(0, piece), (xy * down).index_select(0, piece)
    alpha = power.index_select(0, piece).sub_(across * curve.mul_(across).add_(slope)).exp_()
    alpha.mul_(alpha >= FAINTEST)
    return Pairs(rows, piece, place, across, alpha)


def _rows_in(splats: Splats, window: Window) -> Rows:
    top, bottom, left, right = window
    low = splats.box[:, 2].clamp_min(top)
    splat, row = _expand(low, (splats.box[:, 3].clamp_max(bottom) - low).clamp_min(0))
    xx, xy, yy = splats.conic[splat].unbind(-1)
    column, line = splats.pixel[splat].unbind(-1)
    down = line - row
    limit = 2 * torch.log(splats.opacity / FAINTEST)[splat]
    half = (xx * limit - (xx * yy - xy * xy) * down.square()).clamp_min(0).sqrt() / xx + ROUNDING
    middle = column + xy * down / xx
    first = torch.maximum((middle - half).ceil().long(), splats.box[splat, 0]).clamp_min(left)
    last = torch.minimum((middle + half).floor().long() + 1, splats.box[splat, 1]).clamp_max(right)
    return Rows(splat, row, first, (last - first).clamp_min(0))


def _expand(start: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
    """Counting ``length`` [K] whole numbers up from each ``start`` [K]: which start each belongs to, and the numbers."""
    owner = torch.repeat_interleave(torch.arange(len(start), device=start.device), length)
    before = start - (length.cumsum(0) - length)
    return owner, torch.arange(len(owner), device=start.device) + before.index_select(0, owner)


def blend_order(pairs: Pairs, pixels: int, largest_alpha: float) -> Blend:
    """Sort the pairs by the ``pixels`` of their window and follow the light through each from front to back."""
    order = pairs.place.argsort(stable=True)
    count = torch.bincount(pairs.place, minlength=pixels)
    alpha = pairs.alpha.index_select(0, order).clamp_max_(largest_alpha)
    dimming = torch.log1p(-alpha.double())
    total = dimming.cumsum(0)
    before = total - dimming
    filled = count[count > 0]
    clear = (before - torch.repeat_interleave(before[filled.cumsum(0) - filled], filled)).exp_()
    return Blend(order, count, alpha, clear, clear * (1 - alpha) >= OPAQUE)


def sums_of_runs(values: Tensor, length: Tensor) -> Tensor:
    """Sums [R, C] over runs of ``length`` [R] consecutive rows of ``values`` [P, C], in float64."""
    total = torch.nn.functional.pad(values.double().cumsum(0), (0, 0, 1, 0))
    end = length.cumsum(0)
    return total[end] - total[end - length]
