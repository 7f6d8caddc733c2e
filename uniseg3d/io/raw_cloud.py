"""A point cloud or mesh as a file holds it, before anybody has asked whether it makes sense."""

import mmap
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from uniseg3d.utils.errors import DataError, FileFormatError


@dataclass
class RawCloud:
    """N points in the units and axes of their file; NaN is possible, the caller knows what to do with it."""

    xyz: np.ndarray  # [N, 3] float32, or float64 where the file is so precise
    colors: np.ndarray | None = None  # [N, 3] uint8
    normals: np.ndarray | None = None  # [N, 3] float32
    faces: np.ndarray | None = None  # [F, 3] int64; None where the file has no triangles
    metric_z_up: bool = False  # the format itself promises metres, and the reader has turned z up

    def __len__(self) -> int:
        return len(self.xyz)


def map_file(path: str | Path) -> mmap.mmap:
    """Content of a file, brought into memory as far as it is read."""
    try:
        with open(path, 'rb') as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise DataError(f'cannot read {path}: {error.strerror}') from error
    except ValueError as error:
        raise FileFormatError(f'{path} is empty (0 bytes); copy or export it again') from error


def stored_colors(values: np.ndarray, where: str) -> np.ndarray:
    """Colours [N, 3] of any type as uint8: 0..255 as they are, floats in 0..1 scaled up; anything else is refused."""
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind == 'f' and values.size and np.nanmax(values, initial=0) <= 1:
        values = values * 255
    if not (np.isfinite(values).all() and (values >= 0).all() and (values <= 255).all()):
        raise FileFormatError(f'{where}: colours must lie in 0..255 (or 0..1 as floats)')
    return np.round(values).astype(np.uint8)


def unpack_colors(packed: np.ndarray) -> np.ndarray:
    """Colours [N, 3] uint8 of unsigned 32-bit numbers 0xAARRGGBB [N]."""
    return np.stack([(packed >> shift) & 255 for shift in (16, 8, 0)], axis=1).astype(np.uint8)
