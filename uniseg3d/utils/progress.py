"""One progress bar for long loops, quiet when nobody watches."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

T = TypeVar('T')


def track(items: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
    """Iterate with a bar on a terminal, and with a line every tenth of the way in a log file."""
    if total is None:
        total = len(items)  # type: ignore[arg-type]
    if sys.stderr.isatty():
        yield from _bar(items, description, total)
    else:
        yield from _lines(items, description, total)


def _bar(items: Iterable[T], description: str, total: int) -> Iterator[T]:
    columns = (TextColumn('{task.description}'), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(description, total=total)
        for item in items:
            yield item
            progress.advance(task)


def _lines(items: Iterable[T], description: str, total: int) -> Iterator[T]:
    step = max(total // 10, 1)
    for done, item in enumerate(items, start=1):
        yield item
        if done % step == 0 or done == total:
            print(f'{description}: {done}/{total}', file=sys.stderr, flush=True)
