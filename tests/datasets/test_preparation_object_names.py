"""Names of objects from their file into the infos, and the class list that follows."""

import json
from pathlib import Path

import numpy as np
import pytest

from uniseg3d.datasets.preparation.object_names import add_names, read_object_names, write_open_names
from uniseg3d.io.scene_info import InstanceBox, ObjectText, SceneInfo
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import FileFormatError


def info(names: tuple[str, ...] = ('', ''), sentences: tuple[str, ...] = ()) -> SceneInfo:
    boxes = [InstanceBox(2, np.zeros(3), np.ones(3), object_id=number, name=name) for number, name in enumerate(names)]
    told = ObjectText(0, 2, list(sentences), np.zeros((len(sentences), 77), np.int64))
    return SceneInfo('a', 'a.bin', 'a.bin', instances=boxes, texts=[told])


def test_names_reach_their_objects(tmp_path: Path) -> None:
    path = tmp_path / 'object_names.json'
    path.write_text(json.dumps({'a': {'1': 'oval täble'}, 'b': {}}), encoding='utf-8')
    called = read_object_names(path)
    assert called == {'a': {1: 'oval täble'}, 'b': {}}
    scene = info(names=('stale', ''))
    scene.instances.append(InstanceBox(2, np.zeros(3), np.ones(3)))
    add_names(scene, called['a'])
    assert [box.name for box in scene.instances] == ['', 'oval täble', '']


def test_names_are_optional(tmp_path: Path) -> None:
    assert read_object_names(tmp_path / 'object_names.json') == {}


@pytest.mark.parametrize(('content', 'words'), [
    ('[]', 'expected an object'), ('{"a": 3}', 'scene a: expected an object'), ('{', 'not valid JSON'),
    ('{"a": {"x": "bed"}}', 'scene a: field "x" must be named by an object id'),
    ('{"a": {"1": ""}}', 'scene a: field "1" must be a non-empty string'),
])  # fmt: skip
def test_damaged_names_are_named(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / 'object_names.json'
    path.write_text(content)
    with pytest.raises(FileFormatError, match=words):
        read_object_names(path)


def test_the_list_follows_from_training_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / 'open_names.json'
    train = [info(('round table', 'bed'), ('a round table', 'oval sink')), info(('oval sink', ''))]
    val = [info(('oval table', 'green table'), ('the green table',))]
    write_open_names(path, {'train': train, 'val': val, 'test': []})
    assert class_list(str(path)).splits == {'base': ('oval sink', 'round table'), 'novel': ('oval table',)}
    assert '2 names that training hears, 1 new combinations' in capsys.readouterr().out


def test_no_names_no_list(tmp_path: Path) -> None:
    write_open_names(tmp_path / 'open_names.json', {'train': [info()], 'val': [], 'test': []})
    assert not list(tmp_path.iterdir())
