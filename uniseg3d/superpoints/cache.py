"""Superpoints on disk, found again by what they were made of."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from uniseg3d.utils.files import atomic_path

VERSION = 'superpoints-1'  # raise it when the same input gives other superpoints


def cached_superpoints(
    folder: Path, inputs: list[np.ndarray], options: object, compute: Callable[[], np.ndarray]
) -> np.ndarray:
    """Ids [N] from ``folder``, or from ``compute()``, which are then stored.

    ``inputs`` and ``repr(options)`` decide the name, so other content or parameters never meet an old entry. A damaged
    entry is made again.
    """
    path = folder / f'{content_key(inputs, options)}.npy'
    stored = _read(path)
    if stored is not None and len(stored) == len(inputs[0]):
        return stored
    ids = compute()
    with atomic_path(path) as temporary, open(temporary, 'wb') as file:
        np.save(file, ids, allow_pickle=False)
    return ids


def content_key(inputs: list[np.ndarray], options: object) -> str:
    """Name of an entry: a digest of types, shapes, bytes and options."""
    digest = hashlib.blake2b(f'{VERSION} {options!r}'.encode(), digest_size=16)
    for array in inputs:
        digest.update(f'{array.dtype.str}{array.shape}'.encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _read(path: Path) -> np.ndarray | None:
    try:
        return np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
