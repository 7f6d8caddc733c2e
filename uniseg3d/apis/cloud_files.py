"""Finding clouds among files and folders, and the names of their scenes."""

from collections.abc import Sequence
from pathlib import Path

from uniseg3d.io.clouds import CLOUD_SUFFIXES
from uniseg3d.utils.errors import DataError

MADE = '.superpoints'  # our own output beside the inputs is no input
SCAN_SUFFIXES = ('_vh_clean_2', '_vert')  # of ScanNet's meshes and of exported points


def find_clouds(inputs: Sequence[str | Path]) -> list[Path]:
    """The files among ``inputs`` and those directly in its folders that can hold points, in order of their names."""
    found: list[Path] = []
    for path in map(Path, inputs):
        if path.is_dir():
            inside = [file for file in sorted(path.iterdir()) if _is_cloud(file) and not file.stem.endswith(MADE)]
            if not inside:
                raise DataError(f'{path} holds no {", ".join(CLOUD_SUFFIXES)} file; name the files, or the folder they lie in')
            found += inside
        elif not path.exists():
            raise DataError(f'{path} does not exist')
        elif not _is_cloud(path):
            raise DataError(f'{path} ends in {path.suffix or "nothing"}; expected one of {", ".join(CLOUD_SUFFIXES)}')
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def scene_name(path: Path) -> str:
    """Scene that a file belongs to: its stem without what ScanNet appends."""
    name = path.stem
    for suffix in SCAN_SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def _is_cloud(path: Path) -> bool:
    return path.suffix.lower() in CLOUD_SUFFIXES
