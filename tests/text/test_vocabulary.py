"""Names nobody asked for."""

from uniseg3d.text.class_lists import class_list
from uniseg3d.text.vocabulary import meant_place, others, shipped_vocabulary, with_kinds

KNOWN = ['table', 'round table', 'coffee table', 'sofa', 'curtain', 'shower curtain', 'tablet', 'couch, sofa']


def test_a_kind_ends_in_the_name_for_all_of_them():
    assert with_kinds(['table', 'piano'], KNOWN) == ['table, round table, coffee table', 'piano']
    assert with_kinds(['Table'], KNOWN)[0].startswith('Table, ')


def test_a_kind_belongs_to_the_longest_name_it_ends_in():
    assert with_kinds(['curtain', 'shower curtain'], [*KNOWN, 'long shower curtain']) == [
        'curtain',
        'shower curtain, long shower curtain',
    ]
    assert with_kinds(['curtain'], KNOWN) == ['curtain, shower curtain']
    assert with_kinds(['round table', 'table'], KNOWN) == ['round table', 'table, coffee table']


def test_what_is_asked_for_is_no_background():
    assert others(['table', 'sofa'], KNOWN) == ['curtain', 'shower curtain', 'tablet']
    assert others(['shower curtain'], KNOWN) == [name for name in KNOWN if name != 'shower curtain']
    assert others(['round table'], KNOWN) == [name for name in KNOWN if name != 'round table']
    assert others([], KNOWN) == KNOWN and others(['lamp'], []) == []


def test_each_vocabulary_word_is_meant_by_one_name_or_is_background():
    asked = ['table', 'curtain', 'shower curtain']
    kinds = {word for names in with_kinds(asked, KNOWN) for word in names.split(', ')}
    assert kinds.isdisjoint(others(asked, KNOWN))
    assert {'round table', 'coffee table'} <= kinds


def test_the_shipped_lists_without_repetitions():
    names = shipped_vocabulary()
    assert len(set(names)) == len(names) > 300
    assert {'chair', 'dishwasher', 'cat'} <= set(names)  # of the three lists
    assert not {'other', 'otherfurniture', 'object'} & set(names)
    spoken = [word for name in names for word in name.split(', ')]
    assert len(set(spoken)) >= 0.97 * len(spoken)
    assert len(shipped_vocabulary(['scannet20'])) == len(class_list('scannet20')) - 1  # without other furniture


def test_what_an_object_answers_to():
    asked = ['table', 'round table', 'rock, stone']
    assert [meant_place(name, asked) for name in ('oval table', 'round table', 'big round table', 'big stone')] == [0, 1, 1, 2]
    assert meant_place('tablet', asked) is None and meant_place('', asked) is None and meant_place('table', []) is None
