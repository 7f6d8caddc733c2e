"""Which sentences a scene gets, and which are dropped or named."""

import json
from pathlib import Path

import numpy as np

from uniseg3d.datasets.preparation.conversion import ConvertedScene
from uniseg3d.datasets.preparation.descriptions import SOURCES, Description
from uniseg3d.datasets.preparation.texts import TextCounts, add_texts, describe_scenes, thing_names
from uniseg3d.io.scene_info import InstanceBox, SceneInfo


def told(*ids: int, text: str = 'x', kind: str = '', name: str = '') -> Description:
    return Description('s', tuple(ids), text, kind, name)


def scene(*descriptions: Description) -> tuple[SceneInfo, TextCounts]:
    """Objects 1 and 2 are chairs, 3 is a table, 4 is of another class."""
    boxes = [InstanceBox(label, np.zeros(3), np.ones(3), number) for number, label in ((1, 2), (2, 2), (3, 4))]
    info = SceneInfo('s', 's.bin', 's.bin', instances=boxes)
    return info, add_texts(info, descriptions, {1, 2, 3, 4}, {'bed', 'office chair'}.__contains__)


def test_the_label_is_the_class_that_all_objects_share() -> None:
    info, counts = scene(told(1), told(1, 2), told(1, 3), told(name='bed'))
    assert [(text.object_ids, text.object_id, text.label) for text in info.texts] == [
        ((1,), 1, 2),
        ((1, 2), -1, 2),
        ((1, 3), -1, -1),
        ((), -1, -1),
    ]
    assert (counts.kept, counts.dropped, counts.faults) == (4, 0, [])


def test_sentences_about_the_same_objects_stay_together() -> None:
    info, _ = scene(told(1, 2, text='a', kind='mt'), told(3), told(1, 2, text='b'))
    assert [(text.sentences, text.kinds) for text in info.texts] == [(['a', 'b'], ['mt', '']), (['x'], [])]
    assert info.texts[0].tokens.shape == (2, 77)


def test_names_of_other_classes_are_not_told() -> None:
    info, counts = scene(told(4), told(1, 4), told(name='pillow'), told(name=''))
    assert (info.texts, counts.kept, counts.dropped) == ([], 0, 4)


def test_objects_that_do_not_exist_are_named() -> None:
    info, counts = scene(told(1), told(1, 9, text='a ghost'))
    assert (len(info.texts), counts.kept, counts.dropped) == (1, 1, 0)
    assert counts.faults == [('s', 'a sentence is about object 9, which the scan does not have: "a ghost"')]
    total = counts + counts
    assert (total.kept, len(total.faults)) == (2, 2)


def test_thing_names_are_the_categories_of_the_18_classes() -> None:
    names = thing_names()
    assert {'chair', 'office chair', 'trash can', 'shower curtain'} <= names
    assert not {'wall', 'floor', 'pillow', ''} & names


def test_sentences_about_scenes_of_no_list_are_counted(tmp_path: Path) -> None:
    entries = [{'scene_id': name, 'object_id': '1', 'object_name': 'chair', 'description': 'x'} for name in 'sttu']
    (tmp_path / SOURCES['scanrefer'].file.format(split='train')).write_text(json.dumps(entries))
    info, _ = scene()
    said, faults = describe_scenes(tmp_path, ['scanrefer'], 'train', [ConvertedScene(info, [1])])
    assert said.startswith('1 sentences') and '(3 more are about 2 scenes that are not in this split, such as t)' in said
    assert not faults
