"""Finding clouds among files and folders, and the names of their scenes."""

from collections.abc import Sequence
from pathlib import Path

from uniseg3d.io.clouds import CLOUD_SUFFIXES
from uniseg3d.utils.errors import DataError

MADE = '.superpoints'  # our own output beside the inputs is no input
SCAN_SUFFIXES = ('_vh_clean_2', '_vert')  # of ScanNet's meshes and of exported points


def find_clouds(inputs: Sequence[str | Path]) -> list[Path]:
    """The files among ``inputs`` and those directly in its folders that can hold points, in order of their names.

    What holds none stays in the list, so that whoever reads it reports it beside the rest, unless nothing else is there.
    """
    found: list[Path] = []
    faults: list[str] = []
    for path in map(Path, inputs):
        fault = _fault(path)
        if fault is not None:
            faults.append(fault)
        found += _clouds_in(path) if path.is_dir() and fault is None else [path]
    if len(faults) == len(inputs):
        raise DataError('; '.join(faults) or 'no file was given; name clouds, or the folder they lie in')
    return list(dict.fromkeys(found))


def _fault(path: Path) -> str | None:
    known = ', '.join(CLOUD_SUFFIXES)
    if path.is_dir():
        return None if _clouds_in(path) else f'{path} holds no {known} file; name the files, or the folder they lie in'
    if not path.exists():
        return f'{path} does not exist'
    return None if _is_cloud(path) else f'{path} ends in {path.suffix or "nothing"}; expected one of {known}'


def _clouds_in(folder: Path) -> list[Path]:
    return [file for file in sorted(folder.iterdir()) if _is_cloud(file) and not file.stem.endswith(MADE)]


def scene_name(path: Path) -> str:
    """Scene that a file belongs to: its stem without what ScanNet appends."""
    name = path.stem
    for suffix in SCAN_SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def _is_cloud(path: Path) -> bool:
    return path.suffix.lower() in CLOUD_SUFFIXES
