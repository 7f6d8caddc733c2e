"""Released weights and lists of others: where they are, where they go, and whether they arrived whole."""

import difflib
import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException
from importlib.resources import files
from pathlib import Path
from typing import IO

from uniseg3d.utils.errors import ConfigError, DataError
from uniseg3d.utils.files import atomic_path
from uniseg3d.utils.progress import track

CHUNK = 1 << 22  # bytes
TIMEOUT = 30  # seconds without an answer


@dataclass(frozen=True)
class Artefact:
    """One released file. ``url``, ``digest`` ('md5:...' or 'sha256:...') and ``licence`` are empty where none is published."""

    name: str
    file: str
    folder: str
    what: str
    source: str
    url: str = ''
    digest: str = ''
    licence: str = ''

    def path(self, root: str | Path = '.') -> Path:
        """Where the file belongs."""
        return Path(root) / self.folder / self.file


@cache
def artefacts() -> dict[str, Artefact]:
    """All known artefacts by name."""
    records = json.loads((files('uniseg3d') / 'utils' / 'artefacts.json').read_text(encoding='utf-8'))
    return {record['name']: Artefact(**record) for record in records}


def find_artefact(name: str) -> Artefact:
    """Artefact ``name``, or an error with the nearest names."""
    if name not in artefacts():
        near = difflib.get_close_matches(name, artefacts(), n=3) or sorted(artefacts())
        raise ConfigError(f'no artefact is called {name}; there are {", ".join(near)}')
    return artefacts()[name]


def fetch(artefact: Artefact, root: str | Path = '.') -> Path:
    """Path of the file, downloaded unless it is there already; either way its digest is checked."""
    path = artefact.path(root)
    if path.is_file():
        _check(artefact, path, path)
        return path
    if not artefact.url:
        raise DataError(f'{artefact.file} has no fixed address; get it by hand ({artefact.source}) and put it at {path}')
    with atomic_path(path) as temporary:
        _download(artefact, path, temporary)
        _check(artefact, temporary, path)
    return path


def _download(artefact: Artefact, path: Path, temporary: Path) -> None:
    try:
        with urllib.request.urlopen(artefact.url, timeout=TIMEOUT) as answer, open(temporary, 'wb') as file:
            size = int(answer.headers.get('Content-Length') or 0)
            for chunk in track(_chunks(answer), f'{artefact.file} (4 MiB pieces)', total=max(-(-size // CHUNK), 1)):
                file.write(chunk)
            if size and file.tell() != size:
                raise DataError(f'{artefact.url} broke off after {file.tell()} of {size} bytes; try again')
    except (urllib.error.URLError, TimeoutError, ConnectionError, HTTPException) as error:
        reason = getattr(error, 'reason', error)
        raise DataError(
            f'{artefact.url} cannot be reached ({reason}); without a network, download it elsewhere and put it at {path}'
        ) from error


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk


def _check(artefact: Artefact, path: Path, place: Path) -> None:
    kind, _, expected = artefact.digest.partition(':')
    if not expected:
        return
    digest = hashlib.new(kind)
    with open(path, 'rb') as file:
        for chunk in _chunks(file):
            digest.update(chunk)
    if digest.hexdigest() != expected:
        raise DataError(f'{place}: {kind} is {digest.hexdigest()}, published is {expected}; remove the file and get it again')


def listing(root: str | Path = '.') -> str:
    """One line per artefact: name, what it is, and whether it is there."""
    states = {True: 'here', False: 'by hand'}
    rows = [(a.name, a.path(root).is_file(), a) for a in artefacts().values()]
    width = max(len(name) for name, _, _ in rows)
    return '\n'.join(f'{name.ljust(width)}  {states[here] if here or not a.url else "-":8}{a.what}' for name, here, a in rows)
