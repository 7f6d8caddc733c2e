"""How much memory a scene will take, before any of it is taken."""

import os
from dataclasses import dataclass
from pathlib import Path

from uniseg3d.utils.errors import DataError

GIB = 1 << 30
BASE = 0.6 * GIB  # the program and its libraries
PER_POINT = 70.0  # bytes of a point of the file at its worst moment: positions twice, colours, where it belongs, sorting
PER_ROW = 300.0  # bytes of a point that the model sees: superpoints are made from a graph of them
ROWS_PER_SUPERPOINT = 55.0  # of rooms without triangles; used before superpoints are known
PER_SUPERPOINT = 40_000.0  # bytes of features and of what the decoder remembers of each
PER_PAIR = 30.0  # bytes for each query and superpoint: masks of all queries, at several stages
MARGIN = 2.0  # metres around a tile that it also sees: about the largest piece of furniture
TILE_SIZES = (8.0, 6.0, 5.0, 4.0)  # metres, largest first
WIDEST_WHOLE, HIGHEST_WHOLE = 12.0, 5.0  # metres; networks are trained on rooms, and several at once confuse them
LESS, SPARSER = 2 / 3, 1.5  # what is proposed after memory ran out: of the forecast, and between points
SHARE = 0.8  # of the free memory that is used unless a limit is given


@dataclass(frozen=True)
class Forecast:
    """Bytes that a scene takes at its peak, and what this follows from."""

    points: int
    rows: int
    superpoints: int
    largest_tile: int  # superpoints

    @property
    def loading(self) -> float:
        """While superpoints are made."""
        return BASE + PER_POINT * self.points + PER_ROW * self.rows

    @property
    def answering(self) -> float:
        """While the largest tile is answered."""
        kept = PER_SUPERPOINT * self.superpoints
        return BASE + PER_POINT * self.points / 2 + kept + PER_PAIR * self.largest_tile**2

    @property
    def peak(self) -> float:
        """The larger of both."""
        return max(self.loading, self.answering)

    def sentence(self) -> str:
        """What is printed before the work starts."""
        return (
            f'{self.points:,} points, {self.rows:,} of them for the model, about {self.superpoints:,} superpoints: up to '
            f'{self.peak / GIB:.1f} GiB of memory'
        )


def forecast(points: int, rows: int, extent: tuple[float, float, float], tile: float | None) -> Forecast:
    """What a scene takes in tiles of that width, or in one piece; the arguments of :func:`plan_memory`."""
    superpoints = max(round(rows / ROWS_PER_SUPERPOINT), 1)
    density = superpoints / max(extent[0] * extent[1], 1.0)
    if tile is None:
        return Forecast(points, rows, superpoints, superpoints)
    width, depth = (min(side, tile + 2 * MARGIN) for side in extent[:2])
    seen = min(superpoints, round(density * width * depth))
    return Forecast(points, rows, superpoints, seen)


def what_would_fit(points: int, rows: int, extent: tuple[float, float, float], tile: float | None) -> str:
    """After memory ran out: the widest tiles that take a third less than ``tile`` did, or else a larger spacing."""
    failed = forecast(points, rows, extent, tile).peak
    for size in TILE_SIZES:
        smaller = forecast(points, rows, extent, size).peak
        if smaller <= failed * LESS and (tile is None or size < tile):
            return f'it was to take {failed / GIB:.1f} GiB; with a tile of {size:g} metres it takes {smaller / GIB:.1f}'
    left = f'{rows / SPARSER**2:,.0f} points'
    return f'it was to take {failed / GIB:.1f} GiB; a spacing {SPARSER:g} times as wide leaves the model {left}'


def plan_memory(
    points: int, rows: int, extent: tuple[float, float, float], tile: float | None, budget: float
) -> tuple[Forecast, float | None]:
    """What a scene will take, and how wide its tiles shall be; ``None`` = it stays in one piece.

    Args:
        points, rows: of the file, and those that the model sees.
        extent: metres along x, y and z.
        tile: the width, where it is given.
        budget: bytes.
    """

    def cut(size: float | None) -> Forecast:
        return forecast(points, rows, extent, size)

    large = max(extent[:2]) > WIDEST_WHOLE or extent[2] > HIGHEST_WHOLE
    sizes: tuple[float | None, ...] = TILE_SIZES if large else (None, *TILE_SIZES)
    chosen = tile or next((size for size in sizes if cut(size).peak <= budget), sizes[-1])
    if cut(chosen).peak > budget:
        raise DataError(
            f'{cut(chosen).sentence()}, but {budget / GIB:.1f} GiB may be used; allow more, cut the file in parts, or take a '
            'larger spacing'
        )
    return cut(chosen), chosen


def memory_budget(limit: float | None) -> float:
    """Bytes that may be used: ``limit`` GiB, or a share of what is free."""
    if limit is not None:
        return limit * GIB
    return SHARE * _free_memory()


def _free_memory() -> float:
    try:
        lines = Path('/proc/meminfo').read_text(encoding='ascii').splitlines()
        return next(float(line.split()[1]) * 1024 for line in lines if line.startswith('MemAvailable'))
    except (OSError, StopIteration):  # no Linux: count all of the memory
        try:
            return float(os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES'))
        except (AttributeError, OSError, ValueError):
            return 8.0 * GIB
