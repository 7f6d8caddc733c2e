"""A report as JSON, as a table, as a chart and as a page, and its comparison with an older one."""

import dataclasses
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import matplotlib
from rich.console import Console
from rich.table import Table

from benchmarks.floors import scalings, verdicts
from benchmarks.machine import Machine
from benchmarks.timing import Row
from uniseg3d.utils.errors import ConfigError, FileFormatError
from uniseg3d.utils.files import atomic_path, write_text

matplotlib.use('Agg')
RATES = (
    'Rates count useful products only, while all other work (index, norms, memory) is in the time. "Needed" is the rate that '
    'would just meet the floor.'
)
TWICE = 1.5  # times faster that two threads should be
WORSE = 1.15  # times the old ratio: smaller changes mean nothing


@dataclass
class Report:
    """Everything one run found out."""

    machine: Machine
    rows: list[Row]


def write_report(path: Path, report: Report) -> None:
    """Write JSON, whole or not at all."""
    write_text(path, json.dumps(asdict(report), indent=1) + '\n')


def read_report(path: Path) -> Report:
    """Read what ``write_report`` wrote; fields that later versions added may be missing."""
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
        rows = [Row(**_known(Row, row)) for row in content['rows']]
        return Report(Machine(**_known(Machine, content['machine'])), rows)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileFormatError(f'{path} is not a report of this suite ({error}); expected what --out wrote') from error


def add_to(path: Path, report: Report) -> Report:
    """``report`` together with those rows of the one at ``path``, if there is one, that it does not measure again."""
    if not path.exists():
        return report
    earlier = read_report(path)
    if earlier.machine.processor != report.machine.processor:
        raise ConfigError(
            f'{path} was measured on {earlier.machine.processor}, not {report.machine.processor}; choose another --out'
        )
    measured = {row.key for row in report.rows}
    kept = [row for row in earlier.rows if row.key not in measured]
    return Report(report.machine, sorted([*kept, *report.rows], key=lambda row: int(row.id.removeprefix('B'))))


def print_rows(rows: list[Row]) -> None:
    """Aligned table, one line per candidate."""
    table = Table('item', 'what', 'size', 'candidate')
    for column in ('CPU ms', 'wall ms', 'cv', 'ratio', 'quartiles', 'GFLOP/s', 'of peak'):
        table.add_column(column, justify='right')
    for row in rows:
        table.add_row(row.id, row.what, row.size, _candidate(row), *_numbers(row))
    Console(width=150).print(table)


def print_comparison(new: list[Row], old: list[Row]) -> int:
    """Rows whose ratio changed noticeably; the number of those that got worse."""
    before = {row.key: row.ratio for row in old}
    changed = [(row, before[row.key]) for row in new if row.key in before and row.candidate != row.baseline]
    worse = [pair for pair in changed if pair[0].ratio > WORSE * pair[1]]
    for word, pairs in (('worse', worse), ('better', [pair for pair in changed if pair[0].ratio * WORSE < pair[1]])):
        for row, ratio in pairs:
            print(f'{word}: {row.id} {row.what} ({row.size}), {row.candidate}: ratio {ratio:.3f} -> {row.ratio:.3f}')
    print(f'{len(changed)} ratios compared, {len(worse)} worse by more than {100 * (WORSE - 1):.0f} %')
    return len(worse)


def draw_chart(path: Path, rows: list[Row]) -> None:
    """Ratios of all candidates that are not the baseline themselves, spread included."""
    import matplotlib.pyplot as plt

    shown = [row for row in rows if row.candidate != row.baseline][::-1]
    figure, axes = plt.subplots(figsize=(9, 1 + 0.22 * len(shown)), layout='constrained')
    ratios = [row.ratio for row in shown]
    spread = [[row.ratio - row.ratio_low for row in shown], [row.ratio_high - row.ratio for row in shown]]
    axes.barh(range(len(shown)), ratios, xerr=spread, color=['#2a78b5' if r <= 1 else '#c0504d' for r in ratios], height=0.7)
    axes.set_yticks(range(len(shown)), [f'{row.id} {row.what}, {_candidate(row)}' for row in shown], fontsize=7)
    axes.axvline(1, color='black', linewidth=0.8)
    axes.set_xlabel('time / time of the baseline (left of the line: faster)')
    axes.margins(y=0.01)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=110)
    plt.close(figure)


def write_page(path: Path, report: Report) -> None:
    """Markdown: the machine, the floors with their verdicts, and every row."""
    machine = report.machine
    rates = ', '.join(f'{name} {rate:.0f} GFLOP/s' for name, rate in machine.gemm_gflops.items())
    moved = ', '.join(f'{name} {rate:.0f} GB/s' for name, rate in machine.bandwidth_gbs.items())
    lines = [
        '# Benchmarks',
        '',
        f'Machine: {machine.processor}, torch {machine.torch_version}, C kernel: {machine.kernel}.',
        f'Product of two matrices of {machine.gemm_side} rows, float32: {rates}; memory: {moved}.',
        'Ratios are of process CPU time (device time on GPUs) to the named baseline: medians of rounds in one process.',
        'All of it is measured by `python tools/benchmark.py --all`; the commands of single rows stand at the end.',
        '',
        RATES,
        '',
        '| item | ratio | floor | met | GFLOP/s | needed |',
        '| --- | --- | --- | --- | --- | --- |',
        *(
            f'| {v.label} | {_number(v.ratio, 2)} | ≤ {v.limit:.2f} | {v.met} | {_number(v.rate)} | {_number(v.needed)} |'
            for v in verdicts(report.rows, machine.kernel)
        ),
        *_scaling_lines(report.rows),
        '',
        '| | what | size | candidate | CPU ms | wall ms | cv | ratio | quartiles | GFLOP/s | of peak |',
        '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
        *(f'| {" | ".join((row.id, row.what, row.size, _candidate(row), *_numbers(row)))} |' for row in report.rows),
        '',
        *_command_lines(report.rows),
    ]
    write_text(path, '\n'.join(lines) + '\n')


def _scaling_lines(rows: list[Row]) -> list[str]:
    """How many times faster two threads are; needs an idle machine, for a neighbour takes the second core away."""
    found = [(row, times) for row, times in scalings(rows) if row.candidate == 'cpu']
    if not found:
        return [f'| C kernel: two threads against one, times faster |  | ≥ {TWICE:.2f} | not measured |  |  |']
    return [
        f'| C kernel: {row.what}, {row.threads} threads against one, times faster | {times:.2f} | ≥ {TWICE:.2f} | '
        f'{"yes" if times >= TWICE else "no"} |  |  |'
        for row, times in found
    ]


def _command_lines(rows: list[Row]) -> list[str]:
    """Which command measured which rows."""
    made: dict[str, dict[str, None]] = {}
    for row in rows:
        made.setdefault(row.command, {})[row.what] = None
    lines = ['| command | rows |', '| --- | --- |']
    return lines + [f'| `{command}` | {"; ".join(names)} |' for command, names in made.items() if command]


def _number(value: float | None, digits: int = 0) -> str:
    return '' if value is None else f'{value:.{digits}f}'


def _candidate(row: Row) -> str:
    name = f'{row.candidate}{" (baseline)" if row.candidate == row.baseline else ""}'
    return name if row.threads == 1 else f'{name}, {row.threads} threads'


def _numbers(row: Row) -> tuple[str, ...]:
    first = f'{row.value:.0f} {row.unit}' if row.cpu_ms is None else f'{row.cpu_ms:.1f}'
    values = ((row.wall_ms, '.1f'), (row.cv, '.2f'))
    spread = f'{row.ratio_low:.2f}-{row.ratio_high:.2f}'
    rates = ('' if row.gflops is None else f'{row.gflops:.0f}', '' if row.roofline is None else f'{row.roofline:.0%}')
    return first, *('' if v is None else format(v, form) for v, form in values), f'{row.ratio:.3f}', spread, *rates


def _known(kind: Any, fields: dict[str, Any]) -> dict[str, Any]:
    names = {field.name for field in dataclasses.fields(kind)}
    return {name: value for name, value in fields.items() if name in names}
