"""ScanRefer's descriptions, grouped by scene and object and turned into tokens."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from uniseg3d.io.fields import Fields
from uniseg3d.io.scene_info import ObjectText, SceneInfo
from uniseg3d.text.tokenizer import tokenize
from uniseg3d.utils.errors import FileFormatError
from uniseg3d.utils.files import read_json


class Description(NamedTuple):
    """A sentence, and what it tells its object by where the file says that ('' = unknown)."""

    sentence: str
    kind: str


Descriptions = dict[str, dict[int, list[Description]]]  # scene -> object id -> sentences, in file order


def read_descriptions(path: Path) -> Descriptions:
    """Content of a ScanRefer_filtered_<split>.json."""
    found: Descriptions = defaultdict(lambda: defaultdict(list))
    for index, entry in enumerate(_entries(path)):
        record = Fields(entry, f'{path}, entry {index}')
        kind = record.text('kind') if record.record.get('kind') else ''
        found[record.text('scene_id')][_object_id(record)].append(Description(record.text('description'), kind))
    return found


def add_texts(info: SceneInfo, descriptions: Mapping[int, Sequence[Description]]) -> int:
    """Give a scene its sentences and return their number.

    Those about objects outside the 18 thing classes are dropped: they would tell training the names of novel classes.
    """
    labels = {box.object_id: box.label for box in info.instances}
    for object_id, said in descriptions.items():
        if object_id in labels:
            sentences, kinds = ([*column] for column in zip(*said, strict=True))
            known = kinds if any(kinds) else []
            info.texts.append(ObjectText(object_id, labels[object_id], sentences, tokenize(sentences), kinds=known))
    return sum(len(text.sentences) for text in info.texts)


def _entries(path: Path) -> list[Any]:
    entries = read_json(path, 'download or make the file again')
    if not isinstance(entries, list):
        raise FileFormatError(f'{path}: expected a list of descriptions, got {type(entries).__name__}')
    return entries


def _object_id(record: Fields) -> int:
    value = record.raw('object_id')
    if isinstance(value, str) and value.isascii() and value.isdigit():  # ScanRefer writes the number as a string
        return int(value)
    return record.integer('object_id', 0, 2**31 - 1)
