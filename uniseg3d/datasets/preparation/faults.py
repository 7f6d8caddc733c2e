"""What went wrong with single items of a long job: collected, said once at the end, told by the exit code."""

import sys
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

NAMED = 10  # faults of one item that are told; the others are counted


class Fault(NamedTuple):
    """An item that could not be processed, or not as it should be; the others were."""

    item: str  # a scene, or a file
    reason: str


def report_faults(faults: Sequence[Fault]) -> int:
    """Name the faults on the error stream, item by item; returns the exit code of the command."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for fault in faults:
        reasons[fault.item].append(fault.reason)
    for item, told in reasons.items():
        more = [f'and {len(told) - NAMED} more'] if len(told) > NAMED else []
        for reason in [*told[:NAMED], *more]:
            print(f'failed: {item}: {reason}', file=sys.stderr)
    if faults:
        print(f'{len(faults)} faults in {len(reasons)} items, see above; everything else is done', file=sys.stderr)
    return 1 if faults else 0
