"""Forms mean what their words say, and doubt is kept."""

import json

import numpy as np
import pytest
from hand_made import Thing, all_seen, hand_made_room

from uniseg3d.rooms.claims import Modifier, claim_form, find_claims
from uniseg3d.rooms.logic import Form, World, as_form, without_noun

CHAIR: Form = ('noun', 'chair')


@pytest.fixture(scope='module')
def world() -> World:
    """Rows: 0 red chair, 1 blue chair, 2 tall red chair, 3 table with a vase, 4 bed, 5 picture over the bed, 6 vase."""
    room = hand_made_room(
        [
            Thing('chair', (2.0, 1.0, 0), color='red'),
            Thing('chair', (4.0, 1.0, 0), color='blue'),
            Thing('chair', (5.5, 4.5, 0), (0.5, 0.5, 1.3), 'red'),
            Thing('table', (3.0, 1.0, 0), (1.0, 1.2, 0.75), 'brown'),
            Thing('bed', (1.0, 4.1, 0), (1.6, 1.7, 0.5), 'green'),
            Thing('picture', (1.0, 4.98, 1.4), (0.8, 0.03, 0.6), 'white'),
            Thing(None, (3.0, 1.0, 0.75), (0.2, 0.2, 0.3), 'purple', on=3),
        ]
    )
    return World(room, all_seen(room))


@pytest.mark.parametrize(('form', 'row'), [
    (('noun', 'table'), 3),
    (('and', CHAIR, ('color', 'blue')), 1),
    (('tallest', CHAIR), 2),
    (('largest', CHAIR), 2),
    (('widest', ('anything',)), 4),
    (('above', ('noun', 'bed')), 5),
    (('under', ('noun', 'picture')), 4),
    (('on', ('noun', 'table')), 6),
    (('carrying', ('anything',)), 3),
    (('with things on it',), 3),
    (('and', ('noun', 'table'), ('between', ('color', 'blue'), ('closest', CHAIR, ('noun', 'bed')))), 3),
    (('closest', CHAIR, ('noun', 'bed')), 0),
    (('farthest', ('and', CHAIR, ('color', 'red')), ('noun', 'bed')), 2),
    (('and', CHAIR, ('color', 'red'), ('next to', ('noun', 'table'))), 0),
    (('and', CHAIR, ('in the corner',)), 2),
])  # fmt: skip
def test_forms_single_out_one_thing(world: World, form: Form, row: int) -> None:
    assert world.only(form) == row


@pytest.mark.parametrize('form', [
    CHAIR,
    ('and', CHAIR, ('color', 'red')),
    ('noun', 'sofa'),
    ('largest', ('anything',)),  # the bed has most volume, but it is not the tallest
    ('farthest', CHAIR, ('noun', 'bed')),  # two of nearly the same distance
    ('closest', CHAIR, ('noun', 'table')),
    ('closest', CHAIR, CHAIR),
    ('and', ('noun', 'table'), ('color', 'red')),
    ('lowest', ('noun', 'picture')),
])  # fmt: skip
def test_forms_that_fit_several_things_or_none_single_out_nothing(world: World, form: Form) -> None:
    assert world.only(form) is None


def test_an_anchor_in_doubt_leaves_the_answer_in_doubt(world: World) -> None:
    truth = world.truth(('closest', CHAIR, CHAIR))
    assert not truth.sure.any() and truth.possible[:3].all()


@pytest.mark.parametrize(('form', 'expected'), [
    (CHAIR, ('anything',)),
    (('and', CHAIR, ('on', CHAIR)), ('and', ('anything',), ('on', CHAIR))),
    (('largest', ('and', CHAIR, ('color', 'red'))), ('largest', ('and', ('anything',), ('color', 'red')))),
    (('closest', CHAIR, CHAIR), ('closest', ('anything',), CHAIR)),
])  # fmt: skip
def test_only_its_own_noun_is_taken(form: Form, expected: Form) -> None:
    assert without_noun(form) == expected


def test_forms_survive_json(world: World) -> None:
    form: Form = ('between', ('and', CHAIR, ('color', 'blue')), ('noun', 'bed'))
    assert as_form(json.loads(json.dumps(form))) == form


def test_a_superlative_compares_what_the_rest_has_left() -> None:
    largest, red = Modifier('size', 'largest'), Modifier('color', 'red')
    expected = ('largest', ('and', CHAIR, ('color', 'red')))
    assert claim_form('chair', (largest, red)) == claim_form('chair', (red, largest)) == expected


def test_claims_need_all_they_say(world: World) -> None:
    claims = find_claims(world, np.random.default_rng(0))
    assert {claim.target for claim in claims} == {0, 1, 2, 3, 4, 5}
    for claim in claims:
        assert world.only(claim.form) == claim.target
        for left_out in claim.modifiers:
            rest = tuple(m for m in claim.modifiers if m is not left_out)
            assert world.only(claim_form(claim.noun, rest)) is None, claim


def test_claims_never_explain_a_thing_by_itself(world: World) -> None:
    for claim in find_claims(world, np.random.default_rng(1)):
        assert all(claim.target not in m.anchors for m in claim.modifiers)
