"""Classes of one list as those of another, by their names."""

import re
from collections.abc import Sequence
from functools import cache

import numpy as np

from uniseg3d.text.class_lists import class_list, shipped_record

LIFTING = 'panlift21'  # the benchmark of Panoptic Lifting
OTHER = 'other'


def class_positions(names: Sequence[str], target: str) -> np.ndarray:
    """Place of each of ``names`` in the class list called ``target``, -1 = in none: [n] int64.

    Names that the list of the Panoptic Lifting benchmark lacks go where its own tables put those of NYU, COCO and Replica,
    else where their last word goes, else to "other".
    """
    known = {name: place for place, name in enumerate(class_list(target).names)}
    if target == LIFTING:
        known = _lifting_names() | known
        return np.array([_lifted(name, known) for name in names], np.int64).reshape(len(names))
    return np.array([known.get(name, -1) for name in names], np.int64).reshape(len(names))


def _lifted(name: str, known: dict[str, int]) -> int:
    words = [_plain(part) for part in name.split(',')]  # ADE lists several words for a class
    candidates = (name, *words, *(word.split(' ')[-1] for word in words))
    return next((known[candidate] for candidate in candidates if candidate in known), known[OTHER])


def _plain(name: str) -> str:
    """``name`` in small letters, words apart by blanks, without what COCO appends."""
    return re.sub(r'[-_ ]+', ' ', re.sub(r'-(merged|other|stuff)', '', name.lower())).strip()


@cache
def _lifting_names() -> dict[str, int]:
    """Names of NYU, COCO and Replica to places in the benchmark's list; where two tables differ, the first counts."""
    record = shipped_record(LIFTING)
    tables = [dict(zip(class_list(name).names, record[f'{name}_to_21'], strict=True)) for name in ('nyu40', 'coco133')]
    found: dict[str, int] = {}
    for table in (*tables, record['replica_to_21']):
        for name, place in table.items():
            found.setdefault(_plain(name), place)
    return found
