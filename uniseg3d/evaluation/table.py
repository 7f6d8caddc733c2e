"""Plain aligned tables for logs."""

import math
from collections.abc import Sequence

Cell = str | float


def aligned_table(header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """Rows under a header: text to the left, fractions to the right in per cent, ``-`` where there is no value."""
    lines = [list(header), *([_text(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ['-' * width for width in widths])
    return '\n'.join(_line(line, widths) for line in lines)


def _text(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell
    return '-' if math.isnan(cell) else f'{100 * cell:.1f}'


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first = cells[0].ljust(widths[0])
    return '  '.join([first, *(cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))]).rstrip()
