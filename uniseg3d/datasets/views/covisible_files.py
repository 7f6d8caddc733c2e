"""Which images of a data set see the same places: groups, sets and graphs as the files list them."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from uniseg3d.io.arrays import read_npz, read_npz_object
from uniseg3d.utils.errors import DataError, FileFormatError
from uniseg3d.utils.optional import import_optional

Graph = list[tuple[np.ndarray, np.ndarray]]  # of every image those that it overlaps with [K] int64, and by how much [K]
_LEAST_OVERLAP = 0.2  # what is less is none; what is more counts from there


@lru_cache(maxsize=2048)
def groups_of(path: Path) -> list[list[str]]:
    """Groups of images by name, the one that all others overlap with first."""
    names = [str(name).rsplit('.', 1)[0] for name in read_npz(path, 'images')]
    stored = read_npz_object(path, 'image_collection')
    if not isinstance(stored, dict):
        raise FileFormatError(f'{path}: image_collection is a {type(stored).__name__}; expected lists of images by image')
    try:
        numbers = [[int(first), *(int(pair[0]) for pair in others)] for first, others in stored.items()]
        return [[names[number] for number in dict.fromkeys(group)] for group in numbers]
    except (TypeError, ValueError, IndexError) as error:
        raise FileFormatError(f'{path}: expected pairs of image and score in image_collection ({error})') from error


def sets_of(path: Path) -> dict[str, list[list[str]]]:
    """Sets of images by scene, whose name is two words."""
    scenes, images, sets = (read_npz(path, key) for key in ('scenes', 'images', 'sets'))
    if sets.ndim != 2 or sets.shape[1] < 2 or not len(scenes) or sets.min() < 0 or sets[:, 1:].max() >= len(images):
        raise FileFormatError(
            f'{path}: expected rows of a scene and its images in sets, got {sets.shape} for {len(images)} images'
        )
    found: dict[str, list[list[str]]] = {}
    for scene, *members in sets.tolist():
        found.setdefault(str(scenes[scene]), []).append([str(images[member]) for member in members])
    return found


@lru_cache(maxsize=1024)
def overlap_graph(path: Path, scene: str) -> tuple[list[str], Graph]:
    """Images of a scene and their overlaps, from a file of sparse matrices."""
    with _opened(path) as file:
        if scene not in file:
            raise DataError(f'{path} has no overlaps of the scene {scene}; prepare the data set again')
        group = file[scene]
        names = [name.decode() for name in group['basenames'][()]]
        (rows, columns), values = group['indices'][()].astype(np.int64), group['values'][()]
    kept = values > _LEAST_OVERLAP
    rows, columns, weights = rows[kept], columns[kept], values[kept] - _LEAST_OVERLAP
    return names, [(columns[rows == place], weights[rows == place]) for place in range(len(names))]


@lru_cache(maxsize=1024)
def invalid_frames(path: Path, scene: str) -> frozenset[str]:
    """Frames of a scene, as ``camera_frame``, that a list leaves out; none where there is no list."""
    if not path.exists():
        return frozenset()
    with _opened(path) as file:
        return frozenset(pair.decode() for pair in file[scene]['invalid_pairs'][()]) if scene in file else frozenset()


def _opened(path: Path):  # type: ignore[no-untyped-def]
    if not path.exists():
        raise DataError(f'{path} is missing; it says which images overlap: prepare the data set again')
    try:
        return import_optional('h5py', 'views').File(path, 'r')
    except OSError as error:
        raise FileFormatError(f'{path} is no readable HDF5 file ({error})') from error
