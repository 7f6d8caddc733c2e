"""Raw ``.bin`` arrays and ``.npy`` files with the lengths they must have."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from uniseg3d.utils.errors import DataError, FileFormatError
from uniseg3d.utils.files import atomic_path, write_bytes
from uniseg3d.utils.restricted_pickle import RefusedPickleError, read_restricted

T = TypeVar('T')


def read_bin(path: str | Path, dtype: Any, columns: int | None = None, count: int | None = None) -> np.ndarray:
    """Array of a headerless file: [N] or, with ``columns``, [N, columns]; ``count`` is the N it must have."""
    data = _read(Path(path))
    row = np.dtype(dtype).itemsize * (columns or 1)
    if len(data) % row:
        raise FileFormatError(f'{path} is truncated: {len(data)} bytes are no multiple of the {row} bytes of one row')
    if count is not None and len(data) != count * row:
        raise FileFormatError(f'{path}: expected {count} rows, got {len(data) // row}; prepare this scene again')
    array = np.frombuffer(data, dtype).copy()  # frombuffer is read-only; augmentation writes
    return array if columns is None else array.reshape(-1, columns)


def write_bin(path: str | Path, array: np.ndarray, dtype: Any) -> None:
    """Write ``array`` as a headerless row-major file of ``dtype``, whole or not at all."""
    write_bytes(path, np.ascontiguousarray(array, dtype=dtype).tobytes())


def read_npy(path: str | Path, shape: tuple[int | None, ...] | None = None) -> np.ndarray:
    """Array of a ``.npy`` file, pickles refused; ``shape`` is the one it must have (``None`` = any size)."""
    _require(Path(path))
    try:
        array = np.load(path, allow_pickle=False)
    except Exception as error:  # numpy reads headers with Python's own parser, which fails in many ways
        raise FileFormatError(f'{path} is not a readable .npy file ({error}); export this scene again') from error
    fits = shape is None or (len(shape) == array.ndim and all(w in (None, g) for w, g in zip(shape, array.shape, strict=True)))
    if not fits:
        raise FileFormatError(f'{path}: expected shape {shape}, got {array.shape}; export this scene again')
    return array


def write_npy(path: str | Path, array: np.ndarray) -> None:
    """Write a ``.npy`` file, whole or not at all."""
    with atomic_path(path) as temporary:
        np.save(temporary, array, allow_pickle=False)


def read_npz(path: str | Path, key: str) -> np.ndarray:
    """One array of a ``.npz`` archive, pickles refused."""
    return _from_npz(Path(path), lambda archive: _member(archive, key, path))


def read_npz_arrays(path: str | Path) -> dict[str, np.ndarray]:
    """All arrays of a ``.npz`` archive, pickles refused."""
    return _from_npz(Path(path), dict)


def read_npz_object(path: str | Path, key: str) -> Any:
    """What is not an array in a ``.npz`` archive: containers of plain data, of which nothing is executed."""
    _require(Path(path))
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f'{key}.npy') as member:
            header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
            header[np.lib.format.read_magic(member)](member)
            array = read_restricted(member)
    except RefusedPickleError as error:
        raise FileFormatError(f'{path}: {key} is refused: it asks for {error}, which is not plain data') from error
    except Exception as error:  # as above, and a damaged pickle can fail in any of Python's ways
        raise FileFormatError(f'{path}: {key} is not a readable object ({error})') from error
    return array.item() if isinstance(array, np.ndarray) and array.ndim == 0 else array


def _from_npz(path: Path, take: Callable[[Any], T]) -> T:
    _require(path)
    try:
        with np.load(path, allow_pickle=False) as archive:
            return take(archive)
    except FileFormatError:
        raise
    except Exception as error:  # zip and numpy raise many kinds for a damaged archive
        raise FileFormatError(f'{path} is not a readable .npz archive ({error})') from error


def _member(archive: Any, key: str, path: str | Path) -> np.ndarray:
    if key not in archive:
        raise FileFormatError(f'{path}: expected an array "{key}", found {sorted(archive.files)}')
    return archive[key]


def write_npz(path: str | Path, **arrays: np.ndarray) -> None:
    """Write a compressed ``.npz`` archive, whole or not at all."""
    with atomic_path(path) as temporary, open(temporary, 'wb') as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def _require(path: Path) -> None:
    if not path.is_file():
        raise DataError(f'{path} does not exist')


def _read(path: Path) -> bytes:
    _require(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f'cannot read {path}: {error.strerror}') from error
