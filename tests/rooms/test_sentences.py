"""Sentences of made rooms: true of one thing, needed as a whole, and never shared between the splits."""

import json
from collections import Counter
from itertools import chain
from typing import Any

import numpy as np
import pytest
from hand_made import Thing, all_seen, hand_made_room
from plain_truth import PlainReader
from spoken import NEW_NAMES

from uniseg3d.rooms import templates
from uniseg3d.rooms.build import build_room
from uniseg3d.rooms.furniture import VARIANTS
from uniseg3d.rooms.logic import World, as_form
from uniseg3d.rooms.materials import SHADES
from uniseg3d.rooms.scene import Room
from uniseg3d.rooms.sentences import ambiguous_without_noun, describe
from uniseg3d.rooms.templates import split_of
from uniseg3d.rooms.vocabulary import kind_of, names_of

Records = list[dict[str, Any]]


@pytest.fixture(scope='module')
def described() -> list[tuple[Room, Records]]:
    """Many rooms of both splits with their sentences; visibility is part of other tests."""
    rooms = [build_room(f'room{i:04d}_00', 33, 'val' if i % 4 == 3 else 'train') for i in range(36)]
    return [(room, describe(room, all_seen(room), room.split, np.random.default_rng(i))) for i, room in enumerate(rooms)]


def of_split(described: list[tuple[Room, Records]], split: str) -> Records:
    return [record for room, records in described if room.split == split for record in records]


def test_a_plain_reader_finds_the_same_single_thing(described: list[tuple[Room, Records]]) -> None:
    """The margins of doubt leave room for another person's thresholds, and for another program's mistakes."""
    for room, records in described:
        reader = PlainReader(room)
        for record in records:
            form = json.loads(json.dumps(record['logic']))
            assert reader.matches(form) == [int(record['object_id'])], f'{room.name}: {record["description"]} {form}'


def test_records_have_the_schema_of_scanrefer(described: list[tuple[Room, Records]]) -> None:
    for room, records in described:
        for record in records:
            thing = room.objects[int(record['object_id'])]
            assert record['scene_id'] == room.name
            assert record['object_name'] == str(thing.raw_category).replace(' ', '_')
            assert (
                record['description'].lower().replace('.', ' .').replace('?', ' ?').replace(',', ' ,').split()
                == record['token']
            )
            assert kind_of(thing.raw_category) not in (None, 'wall', 'floor')
        keys = [(r['object_id'], r['ann_id']) for r in records]
        assert len(set(keys)) == len(keys)


def test_no_wording_serves_both_splits(described: list[tuple[Room, Records]]) -> None:
    train = {r['description'] for r in of_split(described, 'train')}
    val = {r['description'] for r in of_split(described, 'val')}
    assert len(val) > 150
    assert not train & val
    assert {split_of(text) for text in train} == {'train'}
    assert {split_of(text.upper().replace('.', '')) for text in val} == {'val'}, 'case and full stops do not matter'


def test_val_needs_no_word_but_the_names_of_new_shapes(described: list[tuple[Room, Records]]) -> None:
    """What training can say covers all that val says; only shapes that training never shows may bring a word."""
    new_names = all_words('val') - all_words('train')
    assert new_names <= NEW_NAMES
    val = {word for r in of_split(described, 'val') for word in r['token'] if word.isalnum()}
    assert val <= all_words('train') | new_names
    assert len(val - new_names) > 100


def all_words(split: str) -> set[str]:
    """Every word that sentences of a split can be made of."""
    shapes = [variant for group in VARIANTS.values() for variant in group if split in variant.splits]
    nouns = {noun for shape in shapes for raw in shape.raw_categories if raw for noun in names_of(_thing(raw, shape.name)).sure}
    phrases = {p.format('the', 'the') for choices in templates.PHRASES.values() for p in choices}
    sizes = {w for words in (templates.SUPERLATIVE_WORDS, templates.COMPARATIVE_WORDS) for w in chain(*words.values())}
    frames = {f.format(thing='', a_thing='a an', clause='is has') for f in (*templates.FRAMES, *templates.SPLIT_FRAMES)}
    texts = chain(nouns, phrases, sizes, frames, SHADES)
    return {word for text in texts for word in templates.tokens_of(text) if word.isalnum()}


def _thing(raw: str | None, variant: str) -> Any:
    room = hand_made_room([Thing(raw, (1, 1, 0))])
    room.objects[1].variant = variant
    return room.objects[1]


def test_there_are_enough_sentences_of_every_kind(described: list[tuple[Room, Records]]) -> None:
    counts = Counter(r['kind'] for r in of_split(described, 'train'))
    assert np.mean([len(records) for _, records in described]) > 25
    assert all(counts[kind] > 40 for kind in ('unique', 'name', 'color', 'size', 'relation')), counts
    assert all(counts[kind] > 10 for kind in ('color+relation', 'color+size', 'relation+size')), counts
    assert counts['unique'] < 0.45 * sum(counts.values())


def test_without_their_noun_most_sentences_are_ambiguous(described: list[tuple[Room, Records]]) -> None:
    shares = [ambiguous_without_noun(room, all_seen(room), records) for room, records in described]
    assert np.mean(np.concatenate(shares)) >= 0.3


def test_the_same_seed_says_the_same() -> None:
    room = build_room('room0001_00', 3, 'train')
    first, second = (describe(room, all_seen(room), 'train', np.random.default_rng(5)) for _ in range(2))
    assert first == second
    assert first != describe(room, all_seen(room), 'train', np.random.default_rng(6))


def two_chairs(*more: Thing) -> Room:
    return hand_made_room([Thing('chair', (1, 1, 0), color='red'), Thing('chair', (4, 3, 0), color='blue'), *more])


def kinds(records: Records) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for record in records:
        found.setdefault(record['object_id'], set()).add(record['kind'])
    return found


def test_twins_need_their_colour_and_a_lone_thing_its_name_only() -> None:
    room = two_chairs(Thing('table', (5, 1, 0), color='red'))
    found = kinds(describe(room, all_seen(room), 'train', np.random.default_rng(0)))
    assert 'color' in found['1'] and 'color' in found['2'] and 'unique' not in found['1']
    assert found['3'] == {'unique'}


def test_an_armchair_is_a_chair_too() -> None:
    room = hand_made_room([Thing('chair', (1, 1, 0)), Thing('armchair', (4, 3, 0), (0.9, 0.9, 0.9))])
    records = describe(room, all_seen(room), 'train', np.random.default_rng(0))
    assert not [r for r in records if r['kind'] == 'unique']
    assert {r['object_id'] for r in records if r['words'][0] == 'armchair'} <= {'2'}


def test_a_desk_leaves_the_table_in_doubt() -> None:
    room = hand_made_room([Thing('table', (1, 1, 0)), Thing('desk', (4, 3, 0), (0.7, 1.4, 0.75))])
    world = World(room, all_seen(room))
    assert world.only(('noun', 'table')) is None
    assert world.only(('noun', 'desk')) == 1


@pytest.mark.parametrize(('raw', 'variant', 'word', 'other'), [
    ('bathroom vanity', 'vanity', 'bathroom cabinet', 'cabinet'),
    ('kitchen cabinets', 'kitchen base', 'kitchen cabinet', 'cabinet'),
    ('file cabinet', 'filing cabinet', 'office cabinet', 'cabinet'),
    ('bathroom counter', 'bathroom slab', 'bathroom counter', 'counter'),
    ('kitchen counter', 'slab counter', 'kitchen counter', 'counter'),
])  # fmt: skip
def test_a_place_does_not_tell_two_things_of_one_room_apart(raw: str, variant: str, word: str, other: str) -> None:
    """Whatever cabinet stands in a bathroom is a bathroom cabinet to the one who speaks."""
    placed, plain = Thing(raw, (1, 1, 0), (0.5, 0.9, 0.8), 'red'), Thing(other, (4, 3, 0), (0.5, 0.9, 1.2), 'blue')
    alone, together = hand_made_room([placed]), hand_made_room([placed, plain])
    for room in (alone, together):
        room.objects[1].variant = variant
    assert World(alone, all_seen(alone)).only(('noun', word)) == 0
    assert World(together, all_seen(together)).only(('noun', word)) is None
    records = [r for seed in range(5) for r in describe(together, all_seen(together), 'train', np.random.default_rng(seed))]
    about = [r for r in records if r['words'][0] == word]
    assert about
    assert not [r for r in about if r['kind'] in ('unique', 'name')]


def test_an_unseen_twin_still_counts_but_is_not_spoken_of() -> None:
    room = two_chairs()
    records = describe(room, {1: 200, 2: 29}, 'train', np.random.default_rng(0))
    assert records and {r['object_id'] for r in records} == {'1'}
    assert all(r['kind'] != 'unique' for r in records)


def test_a_colour_must_be_on_the_surface() -> None:
    room = two_chairs()
    room.objects[1].color_name = 'green'  # the triangles say red
    assert World(room, all_seen(room)).only(('color', 'green')) is None
    assert World(room, all_seen(room)).only(('color', 'blue')) == 1


def test_clutter_and_walls_are_never_described() -> None:
    room = hand_made_room([Thing(None, (1, 1, 0), (0.2, 0.2, 0.2), 'red'), Thing('monitor', (3, 3, 0), color='black')])
    assert describe(room, all_seen(room), 'train', np.random.default_rng(0)) == []
    assert describe(hand_made_room([]), {}, 'val', np.random.default_rng(0)) == []


def test_removing_the_noun_is_checked_against_everything() -> None:
    room = two_chairs(Thing(None, (3, 1, 0), (0.3, 0.3, 0.3), 'red'))
    logic = [
        ['and', ['noun', 'chair'], ['color', 'red']],
        ['and', ['noun', 'chair'], ['color', 'blue']],
        ['smallest', ['noun', 'chair']],
    ]
    records = [{'logic': form, 'object_id': i} for form, i in zip(logic, ('1', '2', '1'), strict=True)]
    assert ambiguous_without_noun(room, all_seen(room), records) == [True, False, True]
    assert as_form(logic[2]) == ('smallest', ('noun', 'chair'))


@pytest.mark.parametrize('kind', sorted(set(VARIANTS) - {'clutter'}))
def test_every_shape_can_be_named(kind: str) -> None:
    for variant in VARIANTS[kind]:
        for raw in variant.raw_categories:
            names = names_of(_thing(raw, variant.name))
            assert names.kind is not None and names.kind.replace(' ', '') == kind
            assert names.sure
