"""What a process holds while it works: memory, open files, threads."""

import os
import resource
import statistics
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

EVERY = 2.0  # seconds between two looks
STRAY = 16  # files or threads more than at the beginning that are no leak: some people are about to leave


@dataclass(frozen=True)
class Look:
    """At one moment."""

    seconds: float
    bytes: int
    files: int
    threads: int


def look(begun: float = 0.0) -> Look:
    """Now. Reads /proc, which only Linux has."""
    pages = int(Path('/proc/self/statm').read_text().split()[1])
    return Look(
        time.monotonic() - begun, pages * resource.getpagesize(), len(os.listdir('/proc/self/fd')), threading.active_count()
    )


class Watch:
    """Looks again and again until the end of its ``with``."""

    def __init__(self, every: float = EVERY) -> None:
        self.every, self.begun = every, time.monotonic()
        self.looks = [look(self.begun)]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> 'Watch':
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()
        self.looks.append(look(self.begun))

    def _run(self) -> None:
        while not self._ended.wait(self.every):
            self.looks.append(look(self.begun))


def growth(looks: list[Look]) -> float:
    """By which share memory grew from the second third of the time, when all caches are filled, to the last."""
    end = looks[-1].seconds
    thirds = [[one.bytes for one in looks if low * end / 3 <= one.seconds <= (low + 1) * end / 3] for low in (1, 2)]
    if not all(thirds):
        return 0.0
    return statistics.median(thirds[1]) / statistics.median(thirds[0]) - 1


def leaks(looks: list[Look], allowed: float) -> list[str]:
    """A sentence for each thing that there is more and more of."""
    found, share = [], growth(looks)
    if share > allowed:
        found.append(f'memory grew by {share:.1%} from the second third of the time to the last; {allowed:.1%} is allowed')
    for name in ('files', 'threads'):
        first, last = getattr(looks[0], name), getattr(looks[-1], name)
        if last > first + STRAY:
            found.append(f'{first} {name} were open at the beginning and {last} at the end')
    return found
