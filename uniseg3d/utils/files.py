"""Files that are either complete or absent."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from uniseg3d.utils.errors import DataError


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


def write_bytes(path: str | Path, data: bytes) -> None:
    """Write ``data`` atomically."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: str | Path, text: str) -> None:
    """Write ``text`` as UTF-8 atomically."""
    write_bytes(path, text.encode())
