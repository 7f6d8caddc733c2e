"""When one process of a run fails, its reason is the one to read."""

import contextlib
import re
import time
from collections.abc import Iterator

from mmengine.dist import is_distributed

LOST_PEER = re.compile(r'Connection (closed|reset)|Broken pipe|[Gg]loo|NCCL|Socket|peer')
PATIENCE = 20.0  # seconds; the launcher ends this process long before


@contextlib.contextmanager
def first_reason_first() -> Iterator[None]:
    """A process that only lost its peer waits to be ended, so that the launcher reports the peer's own error."""
    try:
        yield
    except RuntimeError as error:
        if is_distributed() and LOST_PEER.search(str(error)):
            time.sleep(PATIENCE)
        raise
