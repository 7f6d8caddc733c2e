"""What went wrong with single items of a long job: collected, said once at the end, told by the exit code."""

import sys
from collections.abc import Sequence
from typing import NamedTuple


class Fault(NamedTuple):
    """An item that could not be processed, or not as it should be; the others were."""

    item: str  # a scene, or a file
    reason: str


def report_faults(faults: Sequence[Fault]) -> int:
    """Name every fault on the error stream; returns the exit code of the command."""
    for fault in faults:
        print(f'failed: {fault.item}: {fault.reason}', file=sys.stderr)
    if faults:
        items = len({fault.item for fault in faults})
        print(f'{len(faults)} faults in {items} items, see above; everything else is done', file=sys.stderr)
    return 1 if faults else 0
