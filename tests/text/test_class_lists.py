"""Class lists: what every list promises, and the numbers of the ScanNet ones."""

import numpy as np
import pytest

from uniseg3d.text.class_lists import class_list, class_list_names, label_table, meta_path, scannet20_table
from uniseg3d.utils.errors import ConfigError, DataError


@pytest.mark.parametrize('name', class_list_names())
def test_every_list_is_consistent(name: str) -> None:
    classes = class_list(name)
    count = len(classes)
    assert count == len(classes.names) == len(classes.raw_ids) == len(set(classes.raw_ids))
    assert classes.colors.shape == (count, 3)
    assert classes.colors.dtype == np.uint8
    assert sorted(classes.stuff + classes.things) == list(range(count))
    assert len(classes.stuff_names) + len(classes.thing_names) == count


def test_all_promised_lists_are_there() -> None:
    promised = {'scannet20', 'scannet200', 'scannet200.instance198', 'scannetpp100', 'coco133', 'ade20k150', 'nyu40', 'replica'}
    assert promised <= set(class_list_names())


def test_scannet20_is_the_released_order() -> None:
    classes = class_list('scannet20')
    assert classes.raw_ids == (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 24, 28, 33, 34, 36, 39)
    assert classes.stuff_names == ('wall', 'floor')
    assert classes.things == tuple(range(2, 20))
    assert classes.colors[0].tolist() == [174, 199, 232]


def test_scannet200_instances_are_all_but_wall_and_floor() -> None:
    whole, instances = class_list('scannet200'), class_list('scannet200.instance198')
    assert set(whole.thing_names) == set(instances.names)
    assert {whole.raw_ids[i] for i in whole.stuff} == {1, 3}
    assert instances.raw_ids[:3] == (2, 4, 5)


def test_lists_without_colours_get_different_ones() -> None:
    colors = class_list('scannetpp100').colors
    assert len(np.unique(colors, axis=0)) == 100


def test_table_has_42_entries_and_void_everywhere_else() -> None:
    table = scannet20_table()
    assert table.shape == (42,)
    assert table[[1, 2, 5, 39]].tolist() == [0, 1, 4, 19]
    assert table[[0, 13, 40, 41]].tolist() == [20] * 4
    assert (table < 20).sum() == 20


def test_table_of_another_list() -> None:
    table = label_table(class_list('nyu40'), 41)
    assert table[1:].tolist() == list(range(40))
    assert table[0] == 40


def test_unknown_names_say_what_there_is() -> None:
    with pytest.raises(ConfigError, match='scannet200'):
        class_list('scannet21')
    with pytest.raises(DataError, match='no list'):
        meta_path('scannet/none.txt')


@pytest.mark.parametrize(('split', 'scenes'), [('train', 1201), ('val', 312), ('test', 100)])
def test_scene_lists_are_complete(split: str, scenes: int) -> None:
    names = meta_path(f'scannet/scannetv2_{split}.txt').read_text().split()
    assert len(set(names)) == len(names) == scenes


@pytest.mark.parametrize('name', ['scannet200', 'scannet200.instance198'])
def test_splits_of_the_large_list_name_its_own_classes(name: str) -> None:
    listed = class_list(name)
    sizes = {split: len(members) for split, members in listed.splits.items()}
    assert sizes == {'head': 66, 'common': 68, 'tail': 66, 'base': 51, 'novel': 147}
    things = set(listed.thing_names)
    for parts in (('head', 'common', 'tail'), ('base', 'novel')):
        members = [member for part in parts for member in listed.splits[part]]
        assert len(set(members)) == len(members) and things <= set(members)
    assert class_list('scannet20').splits == {}


def test_the_large_list_with_walls_and_floors_first() -> None:
    whole, first = class_list('scannet200'), class_list('scannet200.stuff_first')
    assert first.stuff == (0, 1) and first.names == ('wall', 'floor', *whole.thing_names)
    assert dict(zip(first.names, first.raw_ids, strict=True)) == dict(zip(whole.names, whole.raw_ids, strict=True))
    assert first.splits == whole.splits


def test_a_list_of_your_own_is_a_file(tmp_path) -> None:
    path = tmp_path / 'mein ü.json'
    path.write_text('{"names": ["oval table", "bed"], "novel": ["oval table"], "base": [], "more": 7}', encoding='utf-8')
    classes = class_list(str(path))
    assert (classes.names, classes.stuff, classes.splits) == (('oval table', 'bed'), (), {'novel': ('oval table',)})
    assert classes.colors.shape == (2, 3)
    path.write_text('{"names": ["sofa"]}')
    assert class_list(str(path)).names == ('sofa',), 'read anew, for it may have changed'


@pytest.mark.parametrize(('content', 'words'), [
    ('{}', '"names" is missing'), ('{"names": []}', 'names of the classes, all different'),
    ('{"names": ["a", "a"]}', 'all different'), ('{"names": ["a", 3]}', 'a list of strings'),
    ('{"names": ["a"], "novel": ["b", "a"]}', '"novel" must be some of "names", got b'), ('[', 'not valid JSON'),
])  # fmt: skip
def test_damaged_lists_are_named(tmp_path, content: str, words: str) -> None:
    (tmp_path / 'list.json').write_text(content)
    with pytest.raises(DataError, match=words):
        class_list(str(tmp_path / 'list.json'))
