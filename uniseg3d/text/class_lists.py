"""Class names, colours and raw ids of the data sets, from the lists that ship with the package."""

import colorsys
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from uniseg3d.io.fields import Fields
from uniseg3d.utils.errors import ConfigError, DataError
from uniseg3d.utils.files import read_json

RAW_ID_KEYS = ('ids', 'nyu40_ids', 'category_ids')
SPLIT_KEYS = ('head', 'common', 'tail', 'base', 'novel')
REMEDY = 'prepare the data set again, or write the list yourself'
NYU40_ENTRIES = 42  # rows of the table from nyu40 ids to the 20 classes, as the released configs have it


@dataclass(frozen=True, eq=False)
class ClassList:
    """C classes in training and evaluation order."""

    names: tuple[str, ...]
    colors: np.ndarray  # [C, 3] uint8
    stuff: tuple[int, ...]  # positions of the classes that have no instances
    things: tuple[int, ...]  # positions of the classes that have instances
    raw_ids: tuple[int, ...]  # id of each class in the data set's files; the position itself where it has none
    splits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # names of the groups that are averaged apart
    also: Mapping[int, int] = field(default_factory=dict)  # further raw ids of a class: id -> position

    def __len__(self) -> int:
        return len(self.names)

    @property
    def thing_names(self) -> tuple[str, ...]:
        """Names of the classes that have instances."""
        return tuple(self.names[i] for i in self.things)

    @property
    def stuff_names(self) -> tuple[str, ...]:
        """Names of the classes that have no instances."""
        return tuple(self.names[i] for i in self.stuff)


def meta_path(name: str) -> Path:
    """File of the lists that ship with the package, e.g. ``scannet/scannetv2-labels.combined.tsv``."""
    path = Path(str(files('uniseg3d'))) / 'datasets' / 'meta' / name
    if not path.exists():
        raise DataError(f'the package has no list "{name}" ({path}); install it again with its package data')
    return path


def class_list(name: str) -> ClassList:
    """List ``name``: scannet20, scannet200, coco133, ...; a dot reaches a list inside a list (scannet200.instance198).

    A name that ends in .json is a file with the list: {"names": [...]}, the names of any of ``SPLIT_KEYS`` and of "stuff",
    which has no instances, and "ids", the raw ids of each class: a number, or a list of all that count as the class.
    """
    return _from_file(Path(name)) if name.endswith('.json') else _shipped(name)


@cache
def _shipped(name: str) -> ClassList:
    lists = _all_lists()
    if name not in lists:
        raise ConfigError(f'class list "{name}" is not known; choose one of {", ".join(sorted(lists))}, or name a .json file')
    return _class_list(lists[name], lists.get(name.rpartition('.')[0], {}))


def named_classes(names: Sequence[str], stuff: Sequence[str] = ()) -> ClassList:
    """A list of any ``names``, all different; those that are in ``stuff``, too, have no instances."""
    if not names or len(set(names)) < len(names):
        raise ConfigError(f'classes need names, all different; got {", ".join(names) or "none"}')
    return _class_list({'names': names, 'stuff': [name for name in stuff if name in names]}, {})


def _from_file(path: Path) -> ClassList:
    listed = Fields(read_json(path, REMEDY), str(path))
    names = listed.strings('names')
    if not names or len(set(names)) < len(names):
        raise listed.wrong('names', 'the names of the classes, all different')
    splits = {key: listed.strings(key) for key in (*SPLIT_KEYS, 'stuff') if listed.has(key)}
    for key, members in splits.items():
        if not set(names).issuperset(members):
            raise listed.wrong(key, 'some of "names"', ', '.join(sorted(set(members) - set(names))))
    record: dict[str, Any] = {'names': names} | {key: members for key, members in splits.items() if members}
    return replace(_class_list(record | _first_ids(listed, len(names)), {}), also=_further_ids(listed))


def _ids(listed: Fields) -> list[list[int]]:
    rows = [row if isinstance(row, list) else [row] for row in listed.sequence('ids')] if listed.has('ids') else []
    flat = [number for row in rows for number in row]
    if not all(type(number) is int and number >= 0 for number in flat) or len(set(flat)) < len(flat) or not all(rows):
        raise listed.wrong('ids', 'an id or a list of ids for each class, every id once')
    return rows


def _first_ids(listed: Fields, count: int) -> dict[str, list[int]]:
    rows = _ids(listed)
    if rows and len(rows) != count:
        raise listed.wrong('ids', f'one entry for each of {count} names', f'{len(rows)} entries')
    return {'ids': [row[0] for row in rows]} if rows else {}


def _further_ids(listed: Fields) -> dict[int, int]:
    return {number: position for position, row in enumerate(_ids(listed)) for number in row[1:]}


def _class_list(record: dict[str, Any], parent: dict[str, Any]) -> ClassList:
    names = tuple(record['names'])
    stuff = _stuff(record)
    return ClassList(
        names=names,
        colors=_colors(record),
        stuff=stuff,
        things=tuple(i for i in range(len(names)) if i not in stuff),
        raw_ids=_raw_ids(record, parent),
        splits=_splits(parent | record),
    )


def class_list_names() -> list[str]:
    """Names that :func:`class_list` knows."""
    return sorted(_all_lists())


def shipped_record(name: str) -> Mapping[str, Any]:
    """Everything that the package knows about the list ``name``, tables to other lists among it."""
    return _all_lists()[name]


def closest_names(name: str, other: str) -> list[str]:
    """The name in list ``other`` that is closest to each name of list ``name``, by a table that ships with the package."""
    record = _all_lists().get(name, {})
    if f'to_{other}' not in record:
        raise ConfigError(f'there is no table from class list "{name}" to "{other}"; there is one from seem139 to indoor21_sas')
    names = class_list(other).names
    return [names[place] for place in record[f'to_{other}']]


def scannet20_table() -> np.ndarray:
    """Class 0..19 of each nyu40 id, 20 = void: [42] int64."""
    return label_table(class_list('scannet20'), NYU40_ENTRIES)


def label_table(classes: ClassList, entries: int) -> np.ndarray:
    """Position of each raw id in ``classes``; ids outside the list get ``len(classes)``, the void label: [entries] int64."""
    table = np.full(entries, len(classes), dtype=np.int64)
    table[list(classes.raw_ids)] = np.arange(len(classes))
    table[list(classes.also)] = list(classes.also.values())
    return table


@cache
def _all_lists() -> dict[str, dict[str, Any]]:
    content = json.loads(meta_path('class_lists.json').read_text(encoding='utf-8'))
    records = {name: record for name, record in content.items() if isinstance(record, dict)}
    inner = {f'{name}.{key}': part for name, record in records.items() for key, part in record.items()}
    return {name: record for name, record in (records | inner).items() if isinstance(record, dict) and 'names' in record}


def _stuff(record: dict[str, Any]) -> tuple[int, ...]:
    if 'isthing' in record:
        return tuple(i for i, thing in enumerate(record['isthing']) if not thing)
    return tuple(record['names'].index(name) for name in record.get('stuff', ()))


def _raw_ids(record: dict[str, Any], parent: dict[str, Any]) -> tuple[int, ...]:
    names = record['names']
    for owner in (record, parent):
        key = next((key for key in RAW_ID_KEYS if key in owner), None)
        if key is not None:
            id_of = dict(zip(owner['names'], owner[key], strict=True))
            return tuple(id_of[name] for name in names)
    return tuple(range(len(names)))


def _splits(record: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    groups = record | record.get('base_novel_open3dis', {})
    return {key: tuple(groups[key]) for key in SPLIT_KEYS if key in groups}


def _colors(record: dict[str, Any]) -> np.ndarray:
    if 'colors' in record:
        return np.array(record['colors'], dtype=np.uint8)
    golden = 0.618034  # steps of the golden ratio keep neighbouring classes apart on the colour circle
    hsv = [((i * golden) % 1, 0.55 + 0.3 * (i % 2), 0.95 - 0.2 * (i % 3 == 2)) for i in range(len(record['names']))]
    return np.array([np.multiply(colorsys.hsv_to_rgb(*color), 255) for color in hsv]).astype(np.uint8)
