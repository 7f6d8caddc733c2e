"""All that is published, step by step: each in a process of its own, so that none lives on memory another left behind."""

import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.timing import Row
from uniseg3d.utils.errors import UniSeg3DError

SCRIPT = Path(__file__).parents[1] / 'benchmark.py'
# of which a change starts anew; how results are chosen and shown changes none of them
MEASURED = ('uniseg3d/ops', 'uniseg3d/superpoints', 'tools/benchmarks', 'tools/peers')
SHOWN = tuple(f':!tools/benchmarks/{name}.py' for name in ('plan', 'report', 'floors'))


@dataclass(frozen=True)
class Step:
    """One command, and how long it takes on one core of a server."""

    arguments: tuple[str, ...]
    minutes: float

    @property
    def command(self) -> str:
        return measuring_command(list(self.arguments))


def measuring_command(arguments: list[str]) -> str:
    """The command line without what says where results go: of equal ones, the later rows replace the earlier."""
    kept, words = [], iter(arguments)
    for word in words:
        if word in ('--out', '--page', '--compare', '--device'):
            next(words, None)
        elif word not in ('--add', '--all'):
            kept.append(word)
    return shlex.join(['python', 'tools/benchmark.py', *kept])


def _step(words: str, minutes: float, what: Iterable[str] = ()) -> Step:
    chosen = ('--what', *what) if what else ()
    return Step(('--only', *words.split(), *chosen), minutes)


def _whole_nets() -> list[Step]:
    """The U-Net for each size; that of 100 000 voxels also on two threads."""
    steps = []
    for count, minutes in ((50_000, 1.0), (100_000, 2.0), (200_000, 4.0)):
        threads = ' --threads 1 2' if count == 100_000 else ''
        steps.append(_step(f'B4 --size {count}{threads}', minutes, ['U-Net forward']))
        steps.append(_step(f'B4 --size {count}', 2 * minutes, ['U-Net train step']))
    return steps


PLAN = (
    _step('B1', 1),
    *(_step('B2', 2, [f'subm3 {channels}-{channels}']) for channels in (32, 64, 96, 128, 160)),
    _step('B3', 2),
    *_whole_nets(),
    *(
        _step(name, minutes)
        for name, minutes in (('B5', 2), ('B6', 1), ('B7', 1), ('B8', 2), ('B9', 4), ('B10', 2), ('B11', 1))
    ),
    _step('B12 --rounds 3', 8),
    _step('B13 --rounds 3', 4),
    _step('B14', 2),
    _step('B15 --rounds 3', 3),
    *(_step(name, minutes) for name, minutes in (('B16', 2), ('B17', 2), ('B18', 1), ('B19', 2))),
)


def state_of_code() -> str:
    """The last commit that touched what is measured; nothing outside a clone."""
    try:
        done = subprocess.run(
            ['git', 'log', '-1', '--format=%h', '--', *MEASURED, *SHOWN],
            capture_output=True,
            text=True,
            cwd=SCRIPT.parents[1],
            check=False,
        )
    except OSError:
        return ''
    return done.stdout.strip()


def missing_steps(rows: Iterable[Row], state: str, plan: Iterable[Step]) -> list[Step]:
    """Those of which no row of this state of the code is there; without a state, all are."""
    done = {row.command for row in rows if state and row.commit == state}
    return [step for step in plan if step.command not in done]


def run_plan(rows: Callable[[], list[Row]], options: list[str]) -> None:
    """Run what is missing; each step adds its rows to the report, so that a run that was cut off goes on where it was.

    ``rows`` reads the report, ``options`` (where it is, the device) go to every step.
    """
    steps = missing_steps(rows(), state_of_code(), PLAN)
    print(f'{len(PLAN) - len(steps)} of {len(PLAN)} steps are measured already', file=sys.stderr)
    failed = []
    for number, step in enumerate(steps, 1):
        left = sum(later.minutes for later in steps[number - 1 :])
        print(f'step {number} of {len(steps)}, about {left:.0f} minutes left: {step.command}', file=sys.stderr, flush=True)
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, str(SCRIPT), *step.arguments, '--add', *options], stdout=subprocess.DEVNULL, check=False
        )
        print(f'  took {time.perf_counter() - start:.0f} s', file=sys.stderr, flush=True)
        if done.returncode:
            failed.append(step.command)
    if failed:
        raise UniSeg3DError(f'{len(failed)} steps failed, the others are in the report: {"; ".join(failed)}')
