"""Maps of ids as colour pictures: three bytes of each id, the lowest in the red channel."""

from pathlib import Path

import numpy as np

from uniseg3d.io.images import read_color, write_png
from uniseg3d.utils.errors import DataError

BASE = 256
LARGEST = BASE**3 - 1


def ids_to_colors(ids: np.ndarray) -> np.ndarray:
    """Ids [H, W] of 0..16777215 as [H, W, 3] uint8."""
    if ids.size and not 0 <= ids.min() <= ids.max() <= LARGEST:
        raise DataError(f'ids from {ids.min()} to {ids.max()} do not fit into three bytes; expected 0 to {LARGEST}')
    return np.stack([ids % BASE, ids // BASE % BASE, ids // BASE**2], axis=-1).astype(np.uint8)


def colors_to_ids(colors: np.ndarray) -> np.ndarray:
    """The ids [H, W] int32 of such a picture [H, W, 3] uint8."""
    return colors.astype(np.int32) @ np.array([1, BASE, BASE**2], np.int32)


def read_ids(path: str | Path) -> np.ndarray:
    """Ids [H, W] int32 of a file; it must be a PNG, for JPEG changes colours."""
    if Path(path).suffix != '.png':
        raise DataError(f'{path} holds ids as colours; expected a .png file')
    return colors_to_ids(read_color(path))


def write_ids(path: str | Path, ids: np.ndarray, level: int = 6) -> None:
    """Write ids [H, W]."""
    write_png(path, ids_to_colors(ids), level)
