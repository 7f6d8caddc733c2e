"""Ending loader processes at once."""

from typing import Any

from torch.utils.data import DataLoader


def stop_workers(loader: DataLoader) -> None:
    """End the persistent workers of ``loader``; the next pass starts new ones.

    Left to the garbage collector, the workers of a loader that is part of a reference cycle (runner, loop, loader) wait
    five seconds each for a queue that was taken down before them.
    """
    iterator: Any = getattr(loader, '_iterator', None)
    if hasattr(iterator, '_shutdown_workers'):
        iterator._shutdown_workers()
        loader._iterator = None
