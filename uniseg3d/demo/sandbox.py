"""Where the files of strangers go: a folder per user, with limits and an end."""

import shutil
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from uniseg3d.io.clouds import CLOUD_SUFFIXES
from uniseg3d.utils.errors import DataError
from uniseg3d.utils.files import write_bytes

NO_UPLOADS = ('.npy', '.npz', '.bin')  # archives and bare numbers: a stranger's scan has a format that says what it is
SCANS = tuple(suffix for suffix in CLOUD_SUFFIXES if suffix not in NO_UPLOADS)
LONGEST_NAME = 200
MIB = 1 << 20


@dataclass(frozen=True)
class UploadLimits:
    """What one user may leave here."""

    file_mib: float = 300  # of one file
    total_mib: float = 1000
    files: int = 200
    points: int = 5_000_000  # of a cloud
    seconds: float = 3600  # without use, after which all is removed


class UserFolder:
    """The files of one user. Names of files are chosen here; of what the user calls them only the suffix is believed."""

    def __init__(self, root: Path, limits: UploadLimits) -> None:
        self.limits, self.used = limits, time.monotonic()
        self.path = Path(tempfile.mkdtemp(prefix='user-', dir=root))
        self._sizes: dict[Path, int] = {}
        self._lock = threading.Lock()

    def store(self, name: str, content: bytes, suffixes: Sequence[str] = SCANS) -> Path:
        """The path of what was uploaded as ``name``; refused names and sizes leave nothing behind."""
        suffix = checked_suffix(name, suffixes)
        with self._lock:
            self.used = time.monotonic()
            self._check_sizes(len(content))
            path = self.path / f'upload-{len(self._sizes):04d}{suffix}'
            write_bytes(path, content)
            self._sizes[path] = len(content)
        return path

    def _check_sizes(self, size: int) -> None:
        limits = self.limits
        if not size:
            raise DataError('the upload is empty (0 bytes); export the file again')
        if size > limits.file_mib * MIB:
            raise DataError(f'the upload has {size / MIB:.1f} MiB; at most {limits.file_mib:g} MiB are taken')
        if len(self._sizes) >= limits.files or sum(self._sizes.values()) + size > limits.total_mib * MIB:
            raise DataError(f'at most {limits.files} files of {limits.total_mib:g} MiB in all are kept; start a new page')

    def scratch(self) -> Path:
        """A new empty folder inside."""
        self.used = time.monotonic()
        return Path(tempfile.mkdtemp(prefix='made-', dir=self.path))

    def remove(self) -> None:
        """Take everything away."""
        shutil.rmtree(self.path, ignore_errors=True)


class Sandbox:
    """Folders of all users below one temporary root."""

    def __init__(self, limits: UploadLimits = UploadLimits(), root: str | Path | None = None) -> None:
        self.limits = limits
        self.root = Path(tempfile.mkdtemp(prefix='uniseg3d-', dir=root))
        self._folders: dict[int, UserFolder] = {}
        self._lock = threading.Lock()

    def folder(self, user: int) -> UserFolder:
        """That of a user, whom the server numbered; one that was swept away comes back empty."""
        with self._lock:
            if user not in self._folders:
                self._folders[user] = UserFolder(self.root, self.limits)
            return self._folders[user]

    def drop(self, user: int) -> None:
        """A user left."""
        with self._lock:
            folder = self._folders.pop(user, None)
        if folder is not None:
            folder.remove()

    def sweep(self) -> int:
        """Remove what was not used for long; how many folders that were."""
        limit = time.monotonic() - self.limits.seconds
        with self._lock:
            old = [user for user, folder in self._folders.items() if folder.used < limit]
        for user in old:
            self.drop(user)
        return len(old)

    def close(self) -> None:
        """Take everything away."""
        shutil.rmtree(self.root, ignore_errors=True)


def checked_suffix(name: str, suffixes: Sequence[str] = SCANS) -> str:
    """Suffix of an uploaded file, in small letters; names that try to be paths are refused."""
    plain = 0 < len(name) <= LONGEST_NAME and name.isprintable() and not name.startswith('.')
    if not plain or any(sign in name for sign in '/\\:'):
        raise DataError(f'{name[:60]!r} is no plain file name; rename the file')
    suffix = Path(name).suffix.lower()
    if suffix not in suffixes:
        raise DataError(f'{name!r} ends in {suffix or "nothing"}; uploads here are {", ".join(suffixes)}')
    return suffix


def confined(root: Path, text: str) -> Path:
    """The existing file or folder ``text`` below ``root``; whatever leads out of it, links included, does not exist."""
    root = root.resolve()
    try:
        path = (root / text).resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        path = None
    if path is None or Path(text).is_absolute() or not path.is_relative_to(root):
        raise DataError(f'there is no {text[:200]!r} among the files that may be opened')
    return path
