"""What people call the objects of a data set, and the class list that follows from what training hears of it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from uniseg3d.io.fields import Fields
from uniseg3d.io.scene_info import SceneInfo
from uniseg3d.text.open_names import open_names
from uniseg3d.utils.files import read_json, write_text

SOURCE = 'object_names.json'  # beside the raw scans: {scene: {object id: name}}
CLASS_LIST = 'open_names.json'  # beside the info files
REMEDY = 'make the file again, or delete it: names are optional'


def read_object_names(path: Path) -> dict[str, dict[int, str]]:
    """Names by scene and object id; none at all where there is no such file."""
    if not path.exists():
        return {}
    scenes = Fields(read_json(path, REMEDY), str(path))
    return {scene: _scene_names(Fields(scenes.raw(scene), f'{path}, scene {scene}')) for scene in scenes.record}


def _scene_names(names: Fields) -> dict[int, str]:
    for number in names.record:
        if not (isinstance(number, str) and number.isascii() and number.isdigit()):
            raise names.wrong(str(number), 'named by an object id')
    return {int(number): names.text(number) for number in names.record}


def add_names(info: SceneInfo, names: Mapping[int, str]) -> None:
    """Give the objects of a scene the names that are known of them."""
    for box in info.instances:
        box.name = '' if box.object_id is None else names.get(box.object_id, '')


def write_open_names(path: Path, infos: Mapping[str, Sequence[SceneInfo]]) -> None:
    """Write the class list of all names in ``infos``, by split; nothing where no object has a name."""
    names = {box.name for split in infos.values() for info in split for box in info.instances if box.name}
    heard = [sentence for info in infos['train'] for text in info.texts for sentence in text.sentences]
    if names:
        found = open_names(names, heard)
        write_text(path, json.dumps(found, indent=1, ensure_ascii=False))
        print(f'{path}: {len(found["base"])} names that training hears, {len(found["novel"])} new combinations of its words')
