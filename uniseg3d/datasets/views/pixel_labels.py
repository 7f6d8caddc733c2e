"""Class and instance of every pixel of posed views, in the forms that data sets store them in."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from uniseg3d.io.arrays import read_npz_arrays
from uniseg3d.io.fields import Fields
from uniseg3d.io.id_images import read_ids
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import FileFormatError
from uniseg3d.utils.files import read_json

CODE = 1000  # rooms: CODE * (class + 1) + instance
CATEGORIES = 'categories.json'  # beside the scenes
VOID = -1


@dataclass(frozen=True)
class PixelLabels:
    """How to read a data set's labels. Instances are the same in all views of a scene, 0 = none; class -1 = unknown."""

    read: Callable[[Path, str], tuple[np.ndarray, np.ndarray]]  # folder and frame to class and instance [H, W] int32
    classes: Callable[[Path], list[str]]  # folder to the names of the classes


def coded_labels(pattern: str, classes: str) -> PixelLabels:
    """Pictures of ids that hold the place in the class list called ``classes`` in their thousands, as those of the rooms."""

    def read(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
        ids = read_ids(folder / pattern.format(name))
        return ids // CODE + VOID, ids % CODE

    return PixelLabels(read, lambda folder: list(class_list(classes).names))


def listed_labels(pattern: str, table: str) -> PixelLabels:
    """Pictures of instance * ``cls_sep`` + class, the classes listed beside the scenes; the ``table`` holds ``cls_sep``."""

    def read(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
        ids, base = read_ids(folder / pattern.format(name)), _separator(folder / table)
        return np.where(ids > 0, ids % base, VOID), ids // base

    return PixelLabels(read, lambda folder: list(_categories(folder.parent / CATEGORIES)))


@lru_cache(maxsize=64)
def _separator(path: Path) -> int:
    arrays = read_npz_arrays(path)
    if 'cls_sep' not in arrays:
        raise FileFormatError(f'{path} lacks cls_sep; prepare the data set again')
    return int(arrays['cls_sep'])


@lru_cache(maxsize=8)
def _categories(path: Path) -> tuple[str, ...]:
    """Names by their ids, which must be 0, 1, 2, ..."""
    records = [Fields(record, str(path)) for record in read_json(path, 'prepare the data set again')]
    found = {record.integer('id', 0, 10**6): record.text('name') for record in records}
    if sorted(found) != list(range(len(found))):
        raise FileFormatError(f'{path}: expected the ids 0 to {len(found) - 1}, got {sorted(found)}')
    return tuple(found[index] for index in range(len(found)))
