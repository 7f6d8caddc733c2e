"""Which names training has heard, and which are new combinations of its words."""

from uniseg3d.text.open_names import open_names

HEARD = ['Find the round table.', 'it is an oval sink', 'the four-poster bed; it stands by the TV']


def test_names_are_heard_new_or_unknown():
    assert open_names(['round table', 'oval table', 'oval sink', 'purple table', 'round bed'], HEARD) == {
        'names': ['oval sink', 'round table', 'oval table', 'round bed'],
        'base': ['oval sink', 'round table'],
        'novel': ['oval table', 'round bed'],
    }


def test_signs_and_capitals_do_not_matter():
    found = open_names(['four poster bed', 'Tv', 'oval-sink'], HEARD)
    assert (found['base'], found['novel']) == (['Tv', 'four poster bed', 'oval-sink'], [])


def test_words_are_whole_and_of_one_sentence():
    found = open_names(['able', 'table it', 'the round'], HEARD)
    assert (found['base'], found['novel']) == (['the round'], ['table it'])


def test_nothing_is_normal():
    assert open_names([], HEARD) == open_names(['', '!', 'bed'], []) == {'names': [], 'base': [], 'novel': []}
