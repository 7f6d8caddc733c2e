"""What test runs measured, side by side."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.table import Table

from uniseg3d.utils.errors import DataError, FileFormatError
from uniseg3d.utils.files import read_json


def read_results(path: str | Path) -> dict[str, float]:
    """Metrics of the newest test run below ``path``, a work dir, or of a metrics file."""
    path = Path(path)
    found = [path] if path.is_file() else sorted(path.glob('*/[0-9]*_[0-9]*.json'))
    if not found:
        raise DataError(f'{path} holds no metrics; name the work dir of a run of tools/test.py, or its JSON file')
    metrics = read_json(found[-1], 'test again')
    if not isinstance(metrics, dict):
        raise FileFormatError(f'{found[-1]}: expected names and numbers, got {type(metrics).__name__}')
    return {name: float(value) for name, value in metrics.items() if isinstance(value, int | float)}


def comparison(runs: Mapping[str, Mapping[str, float]], names: Sequence[str] | None = None) -> Table:
    """One row per metric, one column per run; a run that lacks a metric has ``-`` there."""
    known = list(dict.fromkeys(name for metrics in runs.values() for name in metrics))
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise DataError(f'no run measured {", ".join(unknown)}; there are {", ".join(known)}')
    table = Table('metric', *runs)
    for column in table.columns[1:]:
        column.justify = 'right'
    for name in names or known:
        values = (metrics.get(name) for metrics in runs.values())
        table.add_row(name, *('-' if value is None else f'{value:.4f}' for value in values))
    return table
