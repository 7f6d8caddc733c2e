"""Files of sentences about objects, each read into the same records: ScanRefer, Nr3D, Sr3D and Multi3DRefer."""

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from uniseg3d.datasets.preparation.faults import Fault
from uniseg3d.io.fields import Fields
from uniseg3d.utils.errors import DataError, FileFormatError
from uniseg3d.utils.files import read_json

LARGEST_ID = 2**31 - 1
# words that tell where the speaker stands; the published split of Nr3D uses these
VIEW_WORDS = frozenset('front behind back right left facing leftmost rightmost looking across'.split())
REMEDY = 'download or make the file again'
Entry = tuple[Any, str]  # a record, and the words that say where it stands


class Description(NamedTuple):
    """A sentence and what it means."""

    scene_id: str
    object_ids: tuple[int, ...]  # increasing; empty = nothing that the scene has
    sentence: str
    kind: str  # words joined by '+', '' = unknown
    name: str  # category that the file gives, with blanks


class Source(NamedTuple):
    """One of the data sets that sentences come from."""

    file: str  # below the root, with {split}
    entries: Callable[[Path], Iterator[Entry]]
    parse: Callable[[Fields], Description | None]  # None = not to be used


def read_descriptions(path: Path, source: str) -> tuple[list[Description], list[Fault]]:
    """The sentences of a file that can be read, and one fault for each entry that cannot."""
    found: list[Description] = []
    faults: list[Fault] = []
    try:
        for record, where in SOURCES[source].entries(path):
            try:
                description = SOURCES[source].parse(Fields(record, where))
                found += [] if description is None else [description]
            except DataError as error:
                faults.append(Fault(path.name, str(error)))
    except DataError as error:  # the file itself
        faults.append(Fault(path.name, str(error)))
    return found, faults


def _json_entries(path: Path) -> Iterator[Entry]:
    entries = read_json(path, REMEDY)
    if not isinstance(entries, list):
        raise FileFormatError(f'{path}: expected a list of descriptions, got {type(entries).__name__}; {REMEDY}')
    for index, entry in enumerate(entries):
        where = f'{path}, entry {index}'
        scene = entry.get('scene_id') if isinstance(entry, dict) else None
        yield entry, f'{where} (scene {scene})' if isinstance(scene, str) else where


def _csv_entries(path: Path) -> Iterator[Entry]:
    try:
        with open(path, encoding='utf-8-sig', newline='') as file:
            rows = csv.DictReader(file)
            missing = {'scan_id', 'target_id', 'utterance'} - set(rows.fieldnames or ())
            if missing:
                raise FileFormatError(f'{path} lacks the columns {", ".join(sorted(missing))} in its first line; {REMEDY}')
            for row in rows:
                yield row, f'{path}, line {rows.line_num}'
    except OSError as error:
        raise DataError(f'cannot read {path}: {error.strerror}; {REMEDY}') from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileFormatError(f'{path} is no CSV file ({error}); {REMEDY}') from error


def _scanrefer(entry: Fields) -> Description:
    kind = entry.text('kind') if entry.record.get('kind') else ''
    return Description(
        entry.text('scene_id'), (_number(entry, 'object_id'),), entry.text('description'), kind, _name(entry, 'object_name')
    )


def _nr3d(entry: Fields) -> Description | None:
    """Sentences that do not say their target's class are left out, as is usual."""
    if str(entry.record.get('mentions_target_class', 'True')) != 'True':
        return None
    target, sentence = _number(entry, 'target_id'), entry.text('utterance')
    words = set(re.findall(r'[a-z]+', str(entry.record.get('tokens') or sentence).lower()))
    view = 'view-dependent' if words & VIEW_WORDS else 'view-independent'
    kind = '+'.join([*_difficulty(entry), view])
    return Description(entry.text('scan_id'), (target,), sentence, kind, _name(entry, 'instance_type'))


def _difficulty(entry: Fields) -> list[str]:
    """'easy' with at most one distractor, else 'hard'; nothing where the number of objects is not told."""
    parts = str(entry.record.get('stimulus_id') or '').split('-', 4)
    if len(parts) < 4 or not parts[2].isdecimal():
        return []
    return ['easy' if int(parts[2]) <= 2 else 'hard']


def _multi3drefer(entry: Fields) -> Description:
    ids = entry.sequence('object_ids')
    if any(type(number) is not int or not 0 <= number <= LARGEST_ID for number in ids) or len(set(ids)) < len(ids):
        raise entry.wrong('object_ids', 'a list of different object ids (0, 1, 2, ...)')
    kind = entry.text('eval_type') if entry.record.get('eval_type') else ''
    name = _name(entry, 'object_name')
    return Description(entry.text('scene_id'), tuple(sorted(ids)), entry.text('description'), kind, name)


def _number(entry: Fields, name: str) -> int:
    value: Any = entry.raw(name)
    if isinstance(value, str) and value.isascii() and value.isdigit():  # ScanRefer and CSV write numbers as strings
        return int(value)
    return entry.integer(name, 0, LARGEST_ID)


def _name(entry: Fields, name: str) -> str:
    value = entry.record.get(name)
    return value.replace('_', ' ').strip() if isinstance(value, str) else ''


SOURCES = {
    'scanrefer': Source('ScanRefer_filtered_{split}.json', _json_entries, _scanrefer),
    'nr3d': Source('nr3d.csv', _csv_entries, _nr3d),
    'sr3d': Source('sr3d.csv', _csv_entries, _nr3d),
    'multi3drefer': Source('multi3drefer_{split}.json', _json_entries, _multi3drefer),
}
