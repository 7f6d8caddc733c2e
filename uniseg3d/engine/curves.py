"""Curves and a summary from the scalars that a run logs."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from uniseg3d.utils.errors import DataError, FileFormatError
from uniseg3d.utils.files import atomic_path

AXES = ('step', 'iter', 'epoch')
SIDE = ('time', 'data_time', 'memory')  # about the machine, not the model
Curves = dict[str, dict[int, float]]  # name -> step -> value


def read_curves(path: str | Path) -> Curves:
    """All scalars below ``path``: a work dir, one of its time-stamped folders, or a scalars file.

    A work dir's runs are read in order of time, so what a resumed run repeated replaces what was lost.
    """
    path = Path(path)
    found = [path] if path.is_file() else sorted(path.rglob('vis_data/scalars.json'))
    if not found:
        raise DataError(f'{path} holds no vis_data/scalars.json; name the work dir of a training run')
    curves: Curves = defaultdict(dict)
    for file in found:
        for record in _records(file):
            step = int(record['step'])
            for name, value in record.items():
                if name not in AXES and isinstance(value, int | float):
                    curves[name][step] = float(value)
    return dict(curves)


def _records(path: Path) -> Iterable[Mapping[str, float]]:
    lines = path.read_text(encoding='utf-8').splitlines()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            if number == len(lines):  # a killed run leaves half a line
                return
            raise FileFormatError(f'{path}, line {number}: not JSON ({error.msg})') from error
        if 'step' in record:
            yield record


def summary(curves: Curves) -> str:
    """First, best and last value of each curve, and the mean time per step."""
    lines = [f'{"":24}{"first":>12}{"lowest":>12}{"highest":>12}{"last":>12}{"points":>8}']
    for name, points in curves.items():
        values = [points[step] for step in sorted(points)]
        lines.append(
            f'{name:24}' + ''.join(f'{v:12.5g}' for v in (values[0], min(values), max(values), values[-1])) + f'{len(values):8}'
        )
    if 'time' in curves:
        times = list(curves['time'].values())
        lines.append(f'mean time per step: {sum(times) / len(times):.3f} s')
    return '\n'.join(lines)


def draw_curves(curves: Curves, folder: str | Path, names: Iterable[str] | None = None) -> list[Path]:
    """One PNG per curve (default: all but those about the machine)."""
    chosen = list(names) if names else [name for name in curves if name not in SIDE]
    unknown = [name for name in chosen if name not in curves]
    if unknown:
        raise DataError(f'no curve is called {", ".join(unknown)}; there are {", ".join(curves)}')
    return [_draw(name, curves[name], Path(folder)) for name in chosen]


def _draw(name: str, points: Mapping[int, float], folder: Path) -> Path:
    from matplotlib.figure import Figure  # slow to import, and needed by this function only

    path = folder / f'{name.replace("/", "_")}.png'
    figure = Figure(figsize=(6, 4), dpi=120, layout='constrained')
    axes = figure.add_subplot(xlabel='step', title=name)
    steps = sorted(points)
    axes.plot(steps, [points[step] for step in steps], marker='o' if len(steps) < 40 else None, markersize=3)
    axes.grid(alpha=0.3)
    with atomic_path(path) as temporary:
        figure.savefig(temporary)
    return path
