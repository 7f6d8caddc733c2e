"""One model for many users."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from uniseg3d.utils.errors import BusyError
from uniseg3d.utils.memory import memory_explained

T = TypeVar('T')


class ModelQueue:
    """One piece of work at a time, in order of arrival; where ``most`` wait already, further work is refused at once."""

    def __init__(self, most: int = 64) -> None:
        self.most = most
        self._worker = ThreadPoolExecutor(1, thread_name_prefix='model')
        self._room = threading.BoundedSemaphore(most)

    def run(self, work: Callable[[], T]) -> T:
        """What ``work`` returns or raises; memory that does not suffice becomes a sentence. ``work`` must not queue."""
        if not self._room.acquire(blocking=False):
            raise BusyError(f'{self.most} requests are waiting already; try again in a moment')
        try:
            with memory_explained(lambda: 'take a smaller scene, or start the viewer with a smaller --tile'):
                return self._worker.submit(work).result()
        finally:
            self._room.release()

    def close(self) -> None:
        """Let what runs end, and refuse the rest."""
        self._worker.shutdown(wait=False, cancel_futures=True)
