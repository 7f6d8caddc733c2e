"""What every command line shares: types of arguments, and an end where a typed error becomes one sentence, exit code 1."""

import argparse
import math
import sys
from collections.abc import Callable

from uniseg3d.utils.errors import UniSeg3DError


def run(main: Callable[[], int | None]) -> None:
    """Call ``main`` and leave the process; programming errors keep their traceback."""
    try:
        sys.exit(main() or 0)
    except UniSeg3DError as error:
        print(f'error: {error}', file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print('interrupted', file=sys.stderr)
        sys.exit(130)


def positive_int(text: str) -> int:
    """Argparse type of counts that make no sense below one (processes, scenes)."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f'expected a whole number of at least 1, got {text!r}')
    return number


def positive_float(text: str) -> float:
    """Argparse type of amounts above zero (gibibytes)."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < math.inf:  # also refuses nan
        raise argparse.ArgumentTypeError(f'expected a number above 0, got {text!r}')
    return number


def device_name(text: str) -> str:
    """Argparse type of devices that this machine has: cpu, cuda, cuda:1."""
    import torch  # not all commands need it, and it takes seconds

    try:
        device = torch.device(text)
    except RuntimeError:
        device = None
    count = torch.cuda.device_count()
    if device is None or (device.type == 'cuda' and (device.index or 0) >= count) or device.type not in ('cpu', 'cuda', 'mps'):
        known = ', '.join(['cpu', *(f'cuda:{index}' for index in range(count))])
        raise argparse.ArgumentTypeError(f'expected a device of this machine ({known}), got {text!r}')
    return text
