"""Many who ask at once, each answer compared with that of the same request made alone."""

import threading
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random

from soaking.asking import Ask


@dataclass
class Outcome:
    """What became of the requests."""

    seconds: dict[str, list[float]] = field(default_factory=dict)  # that each took, by the name of the request
    wrong: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Requests that were answered."""
        return sum(map(len, self.seconds.values()))


def alone(asks: Sequence[Ask]) -> dict[str, str]:
    """The answer to each when nothing else is asked."""
    return {ask.name: ask.answer() for ask in asks}


def ask_together(
    asks: Sequence[Ask],
    expected: dict[str, str],
    seconds: float,
    people: int,
    seed: int = 0,
) -> Outcome:
    """Let ``people`` ask whatever comes to their minds for a time."""
    outcome, lock, end = Outcome({ask.name: [] for ask in asks}), threading.Lock(), time.monotonic() + seconds

    def one(number: int) -> None:
        rng = Random(f'{seed} {number}')
        while time.monotonic() < end:
            ask = rng.choice(asks)
            begun = time.monotonic()
            fault = _fault(ask, expected[ask.name])
            with lock:
                outcome.seconds[ask.name].append(time.monotonic() - begun)
                if fault:
                    outcome.wrong.append(fault)

    with ThreadPoolExecutor(people) as pool:
        for result in [pool.submit(one, number) for number in range(people)]:
            result.result()
    return outcome


def _fault(ask: Ask, expected: str) -> str:
    """Why the answer is not the one that was expected, or ''."""
    try:
        answer = ask.answer()
    except Exception:
        return f'{ask.name}: {traceback.format_exc()}'
    return '' if answer == expected else f'{ask.name}: answered {answer}, alone {expected}'
