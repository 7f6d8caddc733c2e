"""Content of a checkpoint that no run of this package wrote."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from uniseg3d.utils.errors import CheckpointError


@contextlib.contextmanager
def well_formed(path: str | Path | None) -> Iterator[None]:
    """Blame the file for what goes wrong while its content is put in place."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise CheckpointError(
            f'{path} holds a malformed state of a run ({type(error).__name__}: {error}); continue from another checkpoint, or '
            f'start a new run from its weights with --cfg-options load_from={path}'
        ) from error
