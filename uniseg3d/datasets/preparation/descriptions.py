"""ScanRefer's descriptions, grouped by scene and object and turned into tokens."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from uniseg3d.io.fields import Fields
from uniseg3d.io.scene_info import ObjectText, SceneInfo
from uniseg3d.text.tokenizer import tokenize
from uniseg3d.utils.errors import FileFormatError
from uniseg3d.utils.files import read_json

Descriptions = dict[str, dict[int, list[str]]]  # scene -> object id -> sentences, in file order


def read_descriptions(path: Path) -> Descriptions:
    """Content of a ScanRefer_filtered_<split>.json."""
    found: Descriptions = defaultdict(lambda: defaultdict(list))
    for index, entry in enumerate(_entries(path)):
        record = Fields(entry, f'{path}, entry {index}')
        found[record.text('scene_id')][_object_id(record)].append(record.text('description'))
    return found


def add_texts(info: SceneInfo, descriptions: Mapping[int, list[str]]) -> int:
    """Give a scene its sentences and return their number.

    Those about objects outside the 18 thing classes are dropped: they would tell training the names of novel classes.
    """
    labels = {box.object_id: box.label for box in info.instances}
    for object_id, sentences in descriptions.items():
        if object_id in labels:
            info.texts.append(ObjectText(object_id, labels[object_id], sentences, tokenize(sentences)))
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
