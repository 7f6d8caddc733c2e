"""Points from any file that holds them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from uniseg3d.io.arrays import read_bin, read_npy
from uniseg3d.io.ply import read_ply
from uniseg3d.utils.errors import DataError, FileFormatError

SUFFIXES = ('.ply', '.npy', '.bin')
MADE = '.superpoints'  # our own output beside the inputs is no input
SCAN_SUFFIXES = ('_vh_clean_2', '_vert')  # of ScanNet's meshes and of exported points


@dataclass
class CloudFile:
    """What a file says about N points."""

    xyz: np.ndarray  # [N, 3] float32, metres
    colors: np.ndarray | None = None  # [N, 3], 0..255
    faces: np.ndarray | None = None  # [F, 3]; None where the file has no triangles


def find_clouds(inputs: Sequence[Path]) -> list[Path]:
    """The files among ``inputs`` and those directly in its folders that can hold points, in order of their names."""
    found: list[Path] = []
    for path in inputs:
        if path.is_dir():
            inside = [file for file in sorted(path.iterdir()) if file.suffix in SUFFIXES and not file.stem.endswith(MADE)]
            if not inside:
                raise DataError(f'{path} holds no {", ".join(SUFFIXES)} file; name the files, or the folder they lie in')
            found += inside
        elif not path.exists():
            raise DataError(f'{path} does not exist')
        elif path.suffix not in SUFFIXES:
            raise DataError(f'{path} ends in {path.suffix or "nothing"}; expected one of {", ".join(SUFFIXES)}')
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def scene_name(path: Path) -> str:
    """Scene that a file belongs to: its stem without what ScanNet appends."""
    name = path.stem
    for suffix in SCAN_SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def read_cloud(path: Path) -> CloudFile:
    """Read .ply, .npy ([N, 3] xyz, or [N, 6 or more] with colours 0..255 next) or .bin (float32 [N, 6], as prepared)."""
    if path.suffix == '.ply':
        mesh = read_ply(path)
        return CloudFile(mesh.vertices, mesh.colors, mesh.faces if mesh.faces is not None and len(mesh.faces) else None)
    table = read_npy(path, (None, None)) if path.suffix == '.npy' else read_bin(path, np.float32, columns=6)
    if table.dtype.kind not in 'fiu' or table.shape[1] < 3:
        raise FileFormatError(f'{path} holds {table.dtype} {list(table.shape)}; expected numbers [N, 3] or [N, 6]: x y z r g b')
    return CloudFile(table[:, :3].astype(np.float32), table[:, 3:6] if table.shape[1] >= 6 else None)
