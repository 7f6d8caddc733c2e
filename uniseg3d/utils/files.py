"""Files that are either complete or absent, and what programs ask of folders and JSON files before they rely on them."""

import contextlib
import json
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from uniseg3d.utils.errors import DataError, FileFormatError


@contextlib.contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success it is flushed to disk and renamed, on failure removed.

    The temporary name keeps the suffix, for writers that choose a format by it.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f'.tmp-{path.stem}-', suffix=path.suffix)
        os.close(handle)
    except OSError as error:
        raise DataError(f'cannot write {path}: {error.strerror}; choose a folder you may write to') from error
    temporary = Path(name)
    try:
        yield temporary
        _publish(temporary, path)
    except OSError as error:
        raise DataError(f'cannot write {path}: {error.strerror or error}; nothing was changed') from error
    finally:
        temporary.unlink(missing_ok=True)


def _publish(temporary: Path, path: Path) -> None:
    with open(temporary, 'rb+') as file:
        os.fsync(file.fileno())
    umask = os.umask(0)
    os.umask(umask)
    temporary.chmod(0o666 & ~umask)  # mkstemp makes private files; results are shared like any other file
    os.replace(temporary, path)
    if hasattr(os, 'O_DIRECTORY'):  # the new name is safe before anybody removes an older file
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(folder)
        os.close(folder)


def write_bytes(path: str | Path, data: bytes) -> None:
    """Write ``data`` atomically."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: str | Path, text: str) -> None:
    """Write ``text`` as UTF-8 atomically."""
    write_bytes(path, text.encode())


def require_writable(folder: str | Path) -> None:
    """Make ``folder`` and try it: one that refuses files is found out before hours of work, not after."""
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise DataError(f'cannot write into {folder}: {error.strerror}; choose a folder you may write to') from error


def read_json(path: str | Path, remedy: str) -> Any:
    """Content of a JSON file. ``remedy``: what the error tells to do about a file that is missing or broken."""
    try:
        return json.loads(Path(path).read_bytes().decode('utf-8-sig'))
    except OSError as error:
        raise DataError(f'cannot read {path}: {error.strerror}; {remedy}') from error
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f'{path} is not valid JSON ({error}); {remedy}') from error


def by_number(name: str) -> list[tuple[int, str]]:
    """Key that sorts numbers in names by their value."""
    return [(int(part), '') if part.isdecimal() else (-1, part) for part in re.split(r'(\d+)', name)]
