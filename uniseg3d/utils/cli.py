"""How every command line ends: a typed error becomes one sentence and exit code 1."""

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
