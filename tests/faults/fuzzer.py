"""A search for bytes that a reader does not survive, led by the lines of the package that each input reaches."""

import contextlib
import resource
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

from faults.mutations import damaged

import uniseg3d
from uniseg3d.utils.errors import MissingPackageError, UniSeg3DError

PACKAGE = str(Path(uniseg3d.__file__).parent)
SPARE_MEMORY = 2 << 30  # bytes that a reader may take on top of what the process has: its files are of some kilobytes
SECONDS = 10  # for one small file


@dataclass
class Reader:
    """A way files come in. ``seeds`` writes good files into a folder; ``read`` reads one to its end."""

    name: str
    seeds: Callable[[Path], list[Path]]
    read: Callable[[Path], Any]

    def search(self, folder: Path) -> 'Search':
        """A search that starts from the good files, which must be read without complaint."""
        seeds = self.seeds(folder)
        for seed in seeds:
            self.read(seed)
        return Search(self, seeds[0].suffix, [seed.read_bytes() for seed in seeds])


@dataclass
class Search:
    """Inputs that reached something new, and those that were not survived."""

    reader: Reader
    suffix: str
    corpus: list[bytes]
    reached: set[tuple[str, int]] = field(default_factory=set)
    crashes: dict[str, bytes] = field(default_factory=dict)  # by reason, so that one fault counts once

    def step(self, folder: Path, rng: Random) -> None:
        """Try one damaged input."""
        data = damaged(rng.choice(self.corpus), self.corpus, rng)
        reason, lines = trial(self.reader, data, folder / f'input{self.suffix}')
        if reason:
            self.crashes.setdefault(reason, data)
        elif lines - self.reached:
            self.corpus.append(data)
        self.reached |= lines


def trial(reader: Reader, data: bytes, path: Path) -> tuple[str, set[tuple[str, int]]]:
    """Let ``reader`` read ``data``: why that was not survived, or '', and the lines of the package that ran."""
    path.write_bytes(data)
    lines: set[tuple[str, int]] = set()
    with _limits(), _traced(lines), warnings.catch_warnings():
        warnings.simplefilter('ignore')
        reason = _outcome(reader, path)
    return reason, lines


def _outcome(reader: Reader, path: Path) -> str:
    """'' if it was read, or refused by an error of the package that names the file."""
    try:
        reader.read(path)
    except MissingPackageError:
        return ''
    except UniSeg3DError as error:
        return '' if path.stem in str(error) else f'the refusal does not name the file: {error}'
    except Exception as error:
        ours = [step for step in traceback.extract_tb(error.__traceback__) if step.filename.startswith(PACKAGE)]
        where = f' at {Path(ours[-1].filename).name}:{ours[-1].lineno}' if ours else ''
        return f'{type(error).__name__}{where}: {error}'[:200]
    return ''


@contextlib.contextmanager
def _limits() -> Iterator[None]:
    """Reading some kilobytes may take neither gigabytes nor long."""
    used = int(Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + SPARE_MEMORY, before[1]))
    signal.signal(signal.SIGALRM, _too_slow)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        resource.setrlimit(resource.RLIMIT_AS, before)


def _too_slow(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f'still reading after {SECONDS} s')


@contextlib.contextmanager
def _traced(lines: set[tuple[str, int]]) -> Iterator[None]:
    """Note every line of the package that runs."""

    def in_package(frame: FrameType, event: str, argument: Any) -> Any:
        if event == 'line':
            lines.add((frame.f_code.co_filename, frame.f_lineno))
        return in_package

    def entered(frame: FrameType, event: str, argument: Any) -> Any:
        return in_package if frame.f_code.co_filename.startswith(PACKAGE) else None

    before = sys.gettrace()
    sys.settrace(entered)
    try:
        yield
    finally:
        sys.settrace(before)
