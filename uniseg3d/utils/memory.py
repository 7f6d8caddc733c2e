"""Memory that does not suffice, whoever asked for it: numpy, torch on a CPU, torch on a GPU."""

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from uniseg3d.utils.errors import DataError

_WORDS_ON_A_CPU = "can't allocate memory"  # torch has no type for it there


def ran_out(error: BaseException) -> bool:
    """Whether ``error`` says that memory did not suffice."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and _WORDS_ON_A_CPU in str(error)
    )


@contextmanager
def memory_explained(remedy: Callable[[], str]) -> Iterator[None]:
    """One sentence in the place of an allocator's words; ``remedy`` says what would fit, and is called only then."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not ran_out(error):
            raise
        traceback.clear_frames(error.__traceback__)  # what the failed work held goes now: others may need it
        raise DataError(f'memory ran out; {remedy()}') from error
