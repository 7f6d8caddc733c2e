"""Class names in plain words, and the sentences made of them."""

import pytest

from uniseg3d.text.class_lists import class_list, class_list_names
from uniseg3d.text.templates import TEMPLATES, class_sentences, find_templates, spoken
from uniseg3d.utils.errors import ConfigError


@pytest.mark.parametrize(
    ('name', 'words'),
    [
        ('chair', ['chair']),
        ('office_chair', ['office chair']),
        ('desk-organizer', ['desk organizer']),
        ('door-stuff', ['door']),
        ('floor-other-merged', ['floor']),
        ('rock, stone', ['rock', 'stone']),
        ('otherfurniture', ['other furniture']),
        (' , ', []),
    ],
)
def test_names_as_people_say_them(name, words):
    assert spoken(name) == words


@pytest.mark.parametrize('name', class_list_names())
def test_every_class_of_every_list_can_be_said(name):
    for classes in class_sentences(class_list(name).names, ('{}',)):
        assert classes and all('_' not in sentence and '-' not in sentence for (sentence,) in classes)


def test_every_synonym_meets_every_template():
    assert class_sentences(['rock, stone', 'bed'], ('a {}.', 'the {} here')) == [
        [['a rock.', 'the rock here'], ['a stone.', 'the stone here']],
        [['a bed.', 'the bed here']],
    ]


def test_templates_are_found_and_checked():
    assert all(find_templates(name) and all('{}' in text for text in find_templates(name)) for name in TEMPLATES)
    with pytest.raises(ConfigError, match=r"'80' are not known; choose one of name, the, photo, scene, rooms"):
        find_templates('80')
    with pytest.raises(ConfigError, match=r"where the class name goes, got \['a photo'\]"):
        class_sentences(['bed'], ('a {}', 'a photo'))
    with pytest.raises(ConfigError, match='no template'):
        class_sentences(['bed'], ())
    with pytest.raises(ConfigError, match='the class list is empty'):
        class_sentences([], ('{}',))
    with pytest.raises(ConfigError, match="class '-' has no name"):
        class_sentences(['bed', '-'], ('{}',))
