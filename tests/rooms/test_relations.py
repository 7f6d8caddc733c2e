"""Relations are true where everybody would say so, false where nobody would, and in doubt between."""

import numpy as np
import pytest
from hand_made import Thing, hand_made_room

from uniseg3d.rooms import relations
from uniseg3d.rooms.relations import Truth, facts_of, most

SURE, DOUBT, FALSE = 'sure', 'doubt', 'false'


def verdict(truth: Truth, *index: int) -> str:
    assert not (truth.sure & ~truth.possible).any(), 'sure implies possible'
    if truth.sure[index]:
        return SURE
    return DOUBT if truth.possible[index] else FALSE


@pytest.mark.parametrize(('gap', 'expected'), [(0.1, SURE), (0.3, SURE), (0.6, DOUBT), (1.2, FALSE)])
def test_next_to_depends_on_the_gap(gap: float, expected: str) -> None:
    facts = facts_of(hand_made_room([Thing('chair', (1, 2, 0)), Thing('table', (1.5 + gap, 2, 0))]))
    truth = relations.next_to(facts)
    assert verdict(truth, 0, 1) == verdict(truth, 1, 0) == expected
    assert verdict(truth, 0, 0) == FALSE


def test_a_chair_pushed_under_a_table_is_neither_next_to_it_nor_not() -> None:
    facts = facts_of(hand_made_room([Thing('chair', (2.1, 2, 0)), Thing('table', (2.5, 2, 0), (1.0, 1.5, 0.75))]))
    assert verdict(relations.next_to(facts), 0, 1) == DOUBT
    assert verdict(relations.under(facts), 0, 1) != SURE


def test_things_on_other_things() -> None:
    things = [
        Thing('counter', (2, 0.4, 0), (2.0, 0.6, 0.9)),
        Thing('sink', (2, 0.4, 0.75), (0.5, 0.4, 0.2), on=0),
        Thing('picture', (2, 0.02, 1.5), (0.6, 0.03, 0.5)),
        Thing('trash can', (5, 4, 0), (0.3, 0.3, 0.4)),
    ]
    facts = facts_of(hand_made_room(things))
    on, above, under = relations.on(facts), relations.above(facts), relations.under(facts)
    assert verdict(on, 1, 0) == verdict(relations.carrying(facts), 0, 1) == SURE
    assert verdict(on, 0, 1) == verdict(on, 2, 0) == verdict(on, 3, 0) == FALSE
    assert verdict(above, 2, 0) == verdict(under, 0, 2) == SURE
    assert verdict(above, 1, 0) != SURE, 'what rests on it is not above it'
    assert verdict(above, 2, 3) == verdict(above, 0, 2) == FALSE


def test_a_bin_beneath_a_desk_is_under_it() -> None:
    things = [Thing('desk', (2, 2, 0), (0.8, 1.6, 0.75)), Thing('trash can', (2.1, 2.4, 0), (0.3, 0.3, 0.4))]
    assert verdict(relations.under(facts_of(hand_made_room(things))), 1, 0) == SURE


@pytest.mark.parametrize(('x', 'y', 'expected'), [(2.5, 2.1, SURE), (2.5, 3.0, DOUBT), (2.5, 4.2, FALSE), (0.3, 2.0, FALSE)])
def test_between(x: float, y: float, expected: str) -> None:
    things = [Thing('chair', (x, y, 0)), Thing('table', (1, 2, 0)), Thing('desk', (4, 2, 0))]
    truth = relations.between(facts_of(hand_made_room(things)))
    assert verdict(truth, 0, 1, 2) == verdict(truth, 0, 2, 1) == expected


def test_places_in_the_room() -> None:
    things = [
        Thing('chair', (0.3, 0.3, 0)),
        Thing('chair', (3, 0.3, 0)),
        Thing('chair', (3, 2.5, 0)),
        Thing('chair', (3, 0.6, 0)),
    ]
    facts = facts_of(hand_made_room(things))
    corner, wall = relations.in_corner(facts), relations.against_wall(facts)
    assert [verdict(corner, i) for i in range(3)] == [SURE, FALSE, FALSE]
    assert [verdict(wall, i) for i in range(4)] == [SURE, SURE, FALSE, DOUBT]


def test_an_inner_corner_of_an_l_is_not_surely_a_corner() -> None:
    room = hand_made_room([Thing('chair', (3.25, 2.75, 0)), Thing('chair', (5.7, 0.3, 0))], size=(6, 6))
    room.outline = [np.array([[0, 0], [6, 0], [6, 3], [3, 3], [3, 6], [0, 6]], dtype=float)]
    corner = relations.in_corner(facts_of(room))
    assert [verdict(corner, i) for i in range(2)] == [DOUBT, SURE]


def test_a_wall_parts_neighbours() -> None:
    room = hand_made_room(
        [Thing('chair', (2.6, 2, 0)), Thing('table', (3.4, 2, 0)), Thing('door', (3.0, 4, 0), (0.1, 0.9, 2.0))]
    )
    halves = (
        np.array([[0, 0], [2.9, 0], [2.9, 5], [0, 5]], dtype=float),
        np.array([[3.1, 0], [6, 0], [6, 5], [3.1, 5]], dtype=float),
    )
    room.outline = list(halves)
    facts = facts_of(room)
    assert verdict(relations.next_to(facts), 0, 1) == DOUBT
    assert facts.same_room.tolist() == [[True, False, True], [False, True, True], [True, True, True]]


def test_a_turned_thing_keeps_its_size() -> None:
    things = [Thing('chair', (2, 2, 0), (0.5, 0.4, 0.9)), Thing('chair', (4, 2, 0), (0.5, 0.4, 0.9), yaw=0.7)]
    facts = facts_of(hand_made_room(things))
    np.testing.assert_allclose(facts.extent, [[0.5, 0.4, 0.9]] * 2, atol=1e-5)
    assert (facts.high - facts.low)[1, 0] > 0.6


def test_the_most_needs_a_margin_and_beats_doubtful_members_too() -> None:
    everyone = np.ones(3, dtype=bool)
    values, margins = np.array([[1.0, 2.0, 2.1]]), np.array([0.5])
    clear = most(Truth(everyone, everyone), values, margins)
    assert clear.sure.tolist() == clear.possible.tolist() == [True, False, False]
    close = most(Truth(everyone, everyone), np.array([[1.0, 1.2, 2.1]]), margins)
    assert close.sure.tolist() == [False] * 3
    assert close.possible.tolist() == [True, True, False]
    doubtful = most(Truth(np.array([False, True, False]), everyone), values, margins)
    assert not doubtful.sure.any(), 'the smaller one might be meant'


def test_a_room_without_things() -> None:
    facts = facts_of(hand_made_room([]))
    assert relations.next_to(facts).sure.shape == (0, 0)
    assert relations.between(facts).sure.shape == (0, 0, 0)
