"""Info files: the list of prepared scenes of one split. One reader for our JSON and for the original's pickles."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from uniseg3d.io.fields import Fields
from uniseg3d.io.infos_json import SCHEMA, THINGS, scene_from_json, scene_to_json
from uniseg3d.io.infos_pickle import scene_from_pickle
from uniseg3d.io.scene_info import InstanceBox, ObjectText, SceneInfo
from uniseg3d.utils.errors import DataError, FileFormatError
from uniseg3d.utils.files import read_json, write_text
from uniseg3d.utils.restricted_pickle import load_restricted

__all__ = ['InstanceBox', 'ObjectText', 'SceneInfo', 'inspect_infos', 'read_infos', 'write_infos']


def read_infos(path: str | Path) -> list[SceneInfo]:
    """All scenes of an info file (.json or .pkl); the first entry that is wrong raises, named by scene and field."""
    infos, errors = inspect_infos(path)
    if errors:
        raise errors[0]
    return infos


def inspect_infos(path: str | Path) -> tuple[list[SceneInfo], list[DataError]]:
    """The scenes that can be read, and one error for each that cannot."""
    path = Path(path)
    if path.suffix not in ('.json', '.pkl'):
        raise DataError(f"{path}: an info file ends in .json (made by tools/create_data.py) or .pkl (the original's)")
    if not path.is_file():
        raise DataError(f'{path} does not exist; make it with tools/create_data.py, or put the original info pickle there')
    original = path.suffix == '.pkl'
    content = load_restricted(path) if original else _load_json(path)
    if original:
        return _convert_all(path, scene_from_pickle, Fields(content, str(path)))
    categories = content['metainfo'].get('categories')
    things = max(len(categories), THINGS) if isinstance(categories, dict) else THINGS
    return _convert_all(path, partial(scene_from_json, things=things), Fields(content, str(path)))


def write_infos(path: str | Path, infos: Sequence[SceneInfo], dataset: str, categories: dict[str, int]) -> None:
    """Write scenes in the JSON schema of ``infos_json``. ``categories``: index of each thing class."""
    metainfo = {'schema': SCHEMA, 'dataset': dataset, 'categories': categories}
    # one scene per line: small enough to load at once, and a diff or grep shows whole scenes
    scenes = ',\n'.join(json.dumps(scene_to_json(info), ensure_ascii=False, allow_nan=False) for info in infos)
    text = f'{{"metainfo": {json.dumps(metainfo, ensure_ascii=False)},\n"data_list": [\n{scenes}\n]}}\n'
    write_text(path, text)


def _load_json(path: Path) -> dict[str, Any]:
    content = read_json(path, 'make it again with tools/create_data.py')
    metainfo = Fields(Fields(content, str(path)).raw('metainfo'), f'{path}, metainfo')
    if metainfo.raw('schema') != SCHEMA:
        raise metainfo.wrong('schema', repr(SCHEMA))
    return content


def _convert_all(
    path: Path, convert: Callable[[Fields], SceneInfo], content: Fields
) -> tuple[list[SceneInfo], list[DataError]]:
    infos: dict[str, SceneInfo] = {}
    errors: list[DataError] = []
    for index, entry in enumerate(content.sequence('data_list')):
        try:
            info = convert(Fields(entry, _place(path, index, entry)))
            if info.scene_id in infos:
                raise FileFormatError(f'{path}: scene {info.scene_id} is listed twice')
            infos[info.scene_id] = info
        except DataError as error:
            errors.append(error)
    return list(infos.values()), errors


def _place(path: Path, index: int, entry: Any) -> str:
    name = entry.get('scene_id') if isinstance(entry, dict) else None
    return f'{path}, data_list[{index}]' + (f' (scene {name})' if isinstance(name, str) else '')
