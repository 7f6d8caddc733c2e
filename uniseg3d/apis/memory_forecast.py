"""How much memory a scene will take, before any of it is taken."""

import os
from dataclasses import dataclass
from pathlib import Path

from uniseg3d.utils.errors import DataError

GIB = 1 << 30
BASE = 0.6 * GIB  # the program and its libraries
PER_POINT = 90.0  # bytes of a point of the file at its worst moment: positions twice, colours, where it belongs, sorting
PER_ROW = 900.0  # bytes of a point that the model sees: superpoints are made from a graph of them
ROWS_PER_SUPERPOINT = 130.0  # of indoor scans; used before superpoints are known
PER_SUPERPOINT = 40_000.0  # bytes of features and of what the decoder remembers of each
PER_PAIR = 60.0  # bytes for each query and superpoint: masks of all queries, at several stages
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

    def sentence(self, tiles: int) -> str:
        """What is printed before the work starts."""
        parts = 'in one piece' if tiles == 1 else f'in {tiles} tiles'
        return (
            f'{self.points:,} points, {self.rows:,} of them for the model, in {self.superpoints:,} superpoints, {parts}: '
            f'about {self.peak / GIB:.1f} GiB of memory'
        )


def memory_budget(limit: float | None) -> float:
    """Bytes that may be used: ``limit`` GiB, or a share of what is free."""
    if limit is not None:
        return limit * GIB
    return SHARE * _free_memory()


def require_memory(points: int, budget: float) -> None:
    """Refuse a file whose points alone do not fit ``budget``; called before they are read where their number is known."""
    needed = BASE + PER_POINT * points
    if needed > budget:
        raise DataError(
            f'{points:,} points take about {needed / GIB:.1f} GiB while they are read, but {budget / GIB:.1f} GiB may be used; '
            'allow more memory, or cut the file in parts'
        )


def tile_size(density: float, room: float, sizes: tuple[float, ...], margin: float) -> float:
    """Largest of the tile ``sizes`` in metres, or else the smallest, whose answering needs at most ``room`` bytes.

    ``density``: superpoints per square metre.
    """
    for size in sizes:
        if PER_PAIR * (density * (size + 2 * margin) ** 2) ** 2 <= room:
            return size
    return sizes[-1]


def _free_memory() -> float:
    try:
        lines = Path('/proc/meminfo').read_text(encoding='ascii').splitlines()
        return next(float(line.split()[1]) * 1024 for line in lines if line.startswith('MemAvailable'))
    except (OSError, StopIteration):  # no Linux: count all of the memory
        try:
            return float(os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES'))
        except (AttributeError, OSError, ValueError):
            return 8.0 * GIB
