"""What every command line shares: types of arguments, and an end where a typed error becomes one sentence, exit code 1."""

import argparse
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
