"""Our info files: what is written comes back, and every wrong field is named with its scene."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from uniseg3d.io.infos import InstanceBox, ObjectText, SceneInfo, inspect_infos, read_infos, write_infos
from uniseg3d.utils.errors import DataError, FileFormatError


def tokens(*rows: list[int]) -> np.ndarray:
    return np.array([row + [0] * (77 - len(row)) for row in rows])


def scene(name: str = 'room0000_00') -> SceneInfo:
    return SceneInfo(
        scene_id=name,
        points_path=f'{name}.bin',
        superpoints_path=f'{name}.bin',
        instance_mask_path=f'{name}.bin',
        semantic_mask_path=f'{name}.bin',
        axis_align_matrix=np.arange(16.0).reshape(4, 4) / 7,
        instances=[InstanceBox(2, np.array([0.1, 0.2, 0.3]), np.array([1.0, 2.0, 3.0]), object_id=4)],
        texts=[ObjectText(4, 2, ['the réd chair', 'a seat!'], tokens([49406, 5, 49407], [49406, 0, 7, 49407]))],
        pseudo_masks_path=f'{name}.npz',
        num_points=9,
    )


def write(path: Path, *infos: SceneInfo) -> Path:
    write_infos(path, infos, 'rooms', {'chair': 2})
    return path


def test_everything_comes_back(tmp_path: Path) -> None:
    bare = SceneInfo('test 1', 'test 1.bin', 'test 1.bin')
    first, second = read_infos(write(tmp_path / 'infos ü.json', scene(), bare))
    expected = scene()
    assert (first.scene_id, first.num_points, first.points_path) == ('room0000_00', 9, 'room0000_00.bin')
    assert np.array_equal(first.axis_align_matrix, expected.axis_align_matrix)
    assert np.array_equal(first.instances[0].center, [0.1, 0.2, 0.3])
    assert (first.instances[0].object_id, first.instances[0].label) == (4, 2)
    assert first.texts[0].sentences == ['the réd chair', 'a seat!']
    assert first.texts[0].tokens.dtype == np.int64
    assert np.array_equal(first.texts[0].tokens, expected.texts[0].tokens)
    assert first.pseudo_masks_path == 'room0000_00.npz'
    assert (second.instance_mask_path, second.semantic_mask_path, second.texts, second.num_points) == (None, None, [], None)


def test_kinds_of_sentences_come_back_where_they_are_known(tmp_path: Path) -> None:
    known = scene()
    known.texts[0].kinds = ['color', '']
    first, second = read_infos(write(tmp_path / 'i.json', known, scene('room0001_00')))
    assert (first.texts[0].kinds, second.texts[0].kinds) == (['color', ''], [])
    lines = (tmp_path / 'i.json').read_text(encoding='utf-8').splitlines()
    assert ['"kinds"' in line for line in lines if '"scene_id"' in line] == [True, False]


def test_sentences_about_several_objects_or_none_come_back(tmp_path: Path) -> None:
    known = scene()
    row = tokens([49406, 5, 49407])
    known.texts += [
        ObjectText.about((3, 9), 2, ['both chairs'], row, ['mt']),
        ObjectText.about((), -1, ['the sofa'], row, []),
        ObjectText.about((4,), 2, ['one'], row, []),
    ]
    (read,) = read_infos(write(tmp_path / 'i.json', known))
    assert [text.object_ids for text in read.texts] == [(4,), (3, 9), (), (4,)]
    assert [(text.object_id, text.label) for text in read.texts] == [(4, 2), (-1, 2), (-1, -1), (4, 2)]
    assert read.texts[1].kinds == ['mt']
    stored = json.loads((tmp_path / 'i.json').read_text())['data_list'][0]['texts']
    assert ['object_id' in record for record in stored] == [True, False, False, True]


def test_names_of_objects_come_back_where_they_are_known(tmp_path: Path) -> None:
    known = scene()
    known.instances[0].name = 'round tåble'
    first, second = read_infos(write(tmp_path / 'i.json', known, scene('room0001_00')))
    assert (first.instances[0].name, second.instances[0].name) == ('round tåble', '')
    content = json.loads((tmp_path / 'i.json').read_text(encoding='utf-8'))
    assert ['name' in record['instances'][0] for record in content['data_list']] == [True, False]


def test_file_is_plain_json_with_its_schema(tmp_path: Path) -> None:
    content = json.loads(write(tmp_path / 'i.json', scene()).read_text(encoding='utf-8'))
    assert content['metainfo'] == {'schema': 'uniseg3d-infos-1', 'dataset': 'rooms', 'categories': {'chair': 2}}
    # a zero inside a row is the token of "!"; only the padding goes
    assert content['data_list'][0]['texts'][0]['tokens'] == [[49406, 5, 49407], [49406, 0, 7, 49407]]


def test_no_scenes_are_a_valid_file(tmp_path: Path) -> None:
    assert read_infos(write(tmp_path / 'i.json')) == []


def spoil(change: Callable[[dict], object]) -> Callable[[dict], None]:
    def apply(content: dict) -> None:
        change(content['data_list'][1])

    return apply


WRONG = [
    (lambda e: e.pop('points_path'), '"points_path" is missing'),
    (lambda e: e.update(points_path='../secret.bin'), '"points_path" must be a file name'),
    (lambda e: e.update(points_path='/etc/passwd'), '"points_path" must be a file name'),
    (lambda e: e.update(points_path='C:\\x.bin'), '"points_path" must be a file name'),
    (lambda e: e.update(num_points=0), '"num_points" must be an integer from 1'),
    (lambda e: e.update(num_points=True), '"num_points" must be an integer'),
    (lambda e: e.update(superpoints_path=None), '"superpoints_path" must be a non-empty string, got null'),
    (lambda e: e.update(axis_align_matrix=[[1, 2], [3, 4]]), 'of shape (4, 4), got shape (2, 2)'),
    (lambda e: e['axis_align_matrix'][2].__setitem__(1, 'x'), '"axis_align_matrix" must be'),
    (lambda e: e['axis_align_matrix'][2].__setitem__(1, 1e999), 'not finite'),
    (lambda e: e.update(texts=None), '"texts" must be a list, got null'),
    (lambda e: e['texts'][0].update(label=18), 'texts[0]: field "label" must be an integer from 0 to 17, got 18'),
    (lambda e: e['texts'][0].update(sentences='a chair'), '"sentences" must be a list'),
    (lambda e: e['texts'][0].update(sentences=['a', 3]), '"sentences" must be a list of strings'),
    (lambda e: e['texts'][0]['tokens'].pop(), '"tokens" must be one row per sentence (2, at least 1), got 1 rows'),
    (lambda e: e['texts'][0]['tokens'][1].extend([1] * 80), 'rows of 1 to 77'),
    (lambda e: e['texts'][0]['tokens'][1].append(-1), '"tokens" must be'),
    (lambda e: e['texts'][0]['tokens'][1].append(49408), 'token ids from 0 to 49407'),
    (lambda e: e['texts'][0]['tokens'].__setitem__(0, []), 'in row 0'),
    (lambda e: e['texts'][0].update(kinds=['color']), '"kinds" must be one word per sentence (2), got 1 entries'),
    (lambda e: e['texts'][0].update(kinds=['color', 3]), '"kinds" must be a list of strings'),
    (lambda e: e['texts'][0].update(label=-1), 'texts[0]: field "label" must be an integer from 0'),
    (lambda e: e['texts'][0].update(object_ids=[3, 3]), '"object_ids" must be a list of different object ids'),
    (lambda e: e['texts'][0].update(object_ids=[-1]), '"object_ids" must be a list of different object ids'),
    (lambda e: e['texts'][0].update(object_ids=['1']), '"object_ids" must be a list of different object ids'),
    (lambda e: e['instances'][0].update(size=[1, 2]), 'instances[0]: field "size"'),
    (lambda e: e['instances'][0].update(object_id='4'), '"object_id" must be an integer'),
]


@pytest.mark.parametrize(('change', 'words'), WRONG)
def test_wrong_field_is_named_with_its_scene(tmp_path: Path, change: Callable[[dict], object], words: str) -> None:
    path = write(tmp_path / 'i.json', scene('room0000_00'), scene('room0001_00'), scene('room0002_00'))
    content = json.loads(path.read_text())
    spoil(change)(content)
    path.write_text(json.dumps(content))
    with pytest.raises(FileFormatError) as caught:
        read_infos(path)
    assert words in str(caught.value)
    assert 'room0001_00' in str(caught.value)
    assert str(path) in str(caught.value)


def test_inspection_keeps_the_good_scenes(tmp_path: Path) -> None:
    path = write(tmp_path / 'i.json', scene('a'), scene('b'), scene('c'))
    content = json.loads(path.read_text())
    content['data_list'][0]['num_points'] = -1
    content['data_list'][2] = 'nonsense'
    path.write_text(json.dumps(content))
    infos, errors = inspect_infos(path)
    assert [info.scene_id for info in infos] == ['b']
    assert ['data_list[0]' in str(errors[0]), 'data_list[2]' in str(errors[1])] == [True, True]


def test_scene_listed_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match='a is listed twice'):
        read_infos(write(tmp_path / 'i.json', scene('a'), scene('a')))


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        ('{"metainfo"', 'not valid JSON'),
        ('[' * 100_000, 'not valid JSON'),
        ('[]', 'named fields'),
        ('{"data_list": []}', '"metainfo" is missing'),
        ('{"metainfo": {"schema": "other-2"}, "data_list": []}', '"schema" must be'),
        ('{"metainfo": {"schema": "uniseg3d-infos-1"}, "data_list": {}}', '"data_list" must be a list'),
    ],
)
def test_foreign_json_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / 'i.json'
    path.write_text(text)
    with pytest.raises(FileFormatError, match=words):
        read_infos(path)


def test_other_suffix_and_missing_file_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r'create_data\.py'):
        read_infos(tmp_path / 'gone.json')
    (tmp_path / 'x.yaml').touch()
    with pytest.raises(DataError, match=r'\.json'):
        read_infos(tmp_path / 'x.yaml')


def test_numbers_that_json_cannot_hold_are_not_written(tmp_path: Path) -> None:
    info = scene()
    info.axis_align_matrix[0, 0] = np.nan
    with pytest.raises(ValueError, match='JSON'):
        write(tmp_path / 'i.json', info)
    assert list(tmp_path.iterdir()) == []
