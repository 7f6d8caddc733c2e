"""Compile one C file on first use, with any compiler, once per user."""

import ctypes
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from uniseg3d.utils.errors import DataError, UniSeg3DError
from uniseg3d.utils.files import atomic_path

FLAGS = ('-O3', '-std=gnu11', '-fPIC', '-shared', '-fvisibility=hidden', '-fno-math-errno', '-ffp-contract=fast')
THREADS = ('-fopenmp',)
PATIENCE = 120  # seconds; the file compiles in one


class CompilationError(UniSeg3DError):
    """No compiler, or none that could compile the file."""


def cache_folder() -> Path:
    """Where this user's compiled files live."""
    base = os.environ.get('XDG_CACHE_HOME')
    try:
        return (Path(base) if base else Path.home() / '.cache') / 'uniseg3d'
    except RuntimeError as error:  # a user without a home, as in containers
        raise CompilationError(f'there is no folder for compiled files ({error}); set XDG_CACHE_HOME') from error


def library_or_reason(source: Path, signatures: Mapping[str, tuple[Any, list[Any]]]) -> ctypes.CDLL | str:
    """The compiled ``source`` with functions of these results and arguments, or why there is none.

    A missing compiler is no error: whoever asks can do the same in plain torch.
    """
    try:
        library = load_library(source)
        for name, (result, arguments) in signatures.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (CompilationError, DataError, OSError, AttributeError) as error:
        return str(error)
    return library


def load_library(source: Path) -> ctypes.CDLL:
    """The compiled ``source``; compiled now if the cache has none of the same content, or a broken one."""
    text = source.read_bytes()
    recipe = ' '.join((*FLAGS, *THREADS, platform.system(), platform.machine()))
    target = cache_folder() / f'{source.stem}-{hashlib.sha256(text + recipe.encode()).hexdigest()[:16]}.so'
    if target.exists():
        try:
            return ctypes.CDLL(str(target))
        except OSError:
            target.unlink(missing_ok=True)
    _compile(source, target)
    return ctypes.CDLL(str(target))


def compilers() -> list[list[str]]:
    """Compiler commands to try, best first: $CC, then the usual names."""
    named = [_words(os.environ.get('CC', '')), ['cc'], ['gcc'], ['clang']]
    return [command for command in named if command and shutil.which(command[0])]


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:  # a quotation mark without its partner: no command
        return []


def _compile(source: Path, target: Path) -> None:
    found = compilers()
    if not found:
        raise CompilationError('no C compiler was found (tried $CC, cc, gcc, clang)')
    complaints = []
    for command in found:
        for extra in (THREADS, ()):  # some compilers come without OpenMP: one thread is better than none
            try:
                with atomic_path(target) as temporary:
                    _run([*command, *FLAGS, *extra, '-o', str(temporary), str(source)])
                return
            except CompilationError as error:
                complaints.append(str(error))
    raise CompilationError(f'no C compiler could compile {source.name}: {complaints[0]}')


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CompilationError(str(error)) from error
    if done.returncode:
        complaint = next((line for line in done.stderr.splitlines() if 'error' in line), f'exit code {done.returncode}')
        raise CompilationError(f'{command[0]}: {complaint}')
