"""Clouds as lines of numbers: .xyz, .txt, .csv and their many relatives."""

import re
from pathlib import Path

import numpy as np

from uniseg3d.io.columns import column_names, table_cloud
from uniseg3d.io.raw_cloud import RawCloud, map_file
from uniseg3d.utils.errors import FileFormatError

LONGEST_HEADER = 20  # lines before the first row of numbers
LONGEST_LINE = 4096
MAX_BROKEN = 0.01  # share of lines that may be unreadable; S3DIS has files with a stray byte
NUMBER = re.compile(r'[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(nan|inf)', re.IGNORECASE)


def read_text_cloud(path: str | Path) -> RawCloud:
    """Read rows of numbers separated by blanks, commas, semicolons or tabs, after an optional header.

    A few broken lines are left out. Which columns are colours and normals: :func:`table_cloud`.
    """
    where = str(path)
    header, separator = _look_at_start(bytes(map_file(path)[: LONGEST_HEADER * LONGEST_LINE]), where)
    names = next((names for names in map(column_names, reversed(header)) if names), [])
    try:
        # no row may be longer than a few hundred numbers, so that one endless line is an error, not all the memory
        table = np.loadtxt(path, delimiter=separator, comments=None, skiprows=len(header), ndmin=2, encoding='latin-1')
    except ValueError:
        table = _without_broken_lines(Path(path), separator, len(header), where)
    return table_cloud(table, where, names)


def _look_at_start(data: bytes, where: str) -> tuple[list[str], str | None]:
    """Lines before the first row of at least three numbers, and what separates its numbers (``None`` = blanks)."""
    lines = data.decode('latin-1').splitlines()[: LONGEST_HEADER + 1]
    for count, line in enumerate(lines):
        for separator in (None, ',', ';'):
            words = line.split(separator)
            if len(words) >= 3 and all(NUMBER.fullmatch(word.strip()) for word in words[:3]):
                return lines[:count], separator
    shown = lines[0][:60] if lines else ''
    raise FileFormatError(f'{where}: no row of at least three numbers in its first lines; it starts with {shown!r}')


def _without_broken_lines(path: Path, separator: str | None, skip: int, where: str) -> np.ndarray:
    """The table without lines that are unlike the first; a stray NUL counts as a blank."""
    lines = path.read_text(encoding='latin-1').replace('\0', ' ').splitlines()[skip:]
    width = len(lines[0].split(separator))
    whole = [line for line in lines if _is_row(line, separator, width)]
    filled = sum(not line.isspace() and line != '' for line in lines)
    if filled - len(whole) > max(MAX_BROKEN * filled, 1):
        broken = next(i for i, line in enumerate(lines) if line.strip() and not _is_row(line, separator, width))
        raise FileFormatError(
            f'{where}: {filled - len(whole)} of {filled} lines are not {width} numbers, the first is line '
            f'{skip + broken + 1}: {lines[broken][:60]!r}'
        )
    return np.loadtxt(whole, delimiter=separator, comments=None, ndmin=2)


def _is_row(line: str, separator: str | None, width: int) -> bool:
    words = line.split(separator)
    return len(words) == width and all(NUMBER.fullmatch(word.strip()) for word in words)
