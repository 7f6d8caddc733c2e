"""The free floor is what a person of some width can walk, all in one piece, up to every door."""

import numpy as np
import pytest

from uniseg3d.rooms.collision import box_at, stack
from uniseg3d.rooms.floorplan import make_cell
from uniseg3d.rooms.walkway import Walkway


def hall(lack: tuple[float, float] | None = None) -> Walkway:
    """Four by four metres."""
    return Walkway(make_cell(np.zeros(2), np.array([4.0, 4.0]), 2.5, None if lack is None else np.array(lack), 2))


def test_an_empty_floor_is_free_but_for_its_corners() -> None:
    assert hall().free_share() > 0.98
    assert hall((1.5, 1.5)).free_share() > 0.98, 'what is not floor does not count against it'


def test_furniture_takes_its_own_floor() -> None:
    way = hall()
    way.block(box_at((1.0, 2.0), (2.0, 4.0)))
    assert way.free_share() == pytest.approx(0.5, abs=0.03)


def test_a_gap_that_is_too_narrow_parts_the_room() -> None:
    shares = {}
    for gap in (0.3, 0.9):
        way = hall()
        way.block(box_at((2.0, (4.0 - gap) / 2), (0.4, 4.0 - gap)))
        shares[gap] = way.free_share()
    assert shares[0.3] < 0.5 < 0.85 < shares[0.9]


def test_a_question_changes_nothing() -> None:
    way, wardrobe = hall(), box_at((1.0, 2.0), (2.0, 4.0))
    before = way.free_share()
    assert way.free_share(wardrobe) < 0.6
    assert way.free_share() == before
    way.block(wardrobe)
    assert way.free_share() == way.free_share(wardrobe) < 0.6


def test_a_door_behind_furniture_leaves_no_way_at_all() -> None:
    way = hall()
    way.gate(np.array([4.0, 3.8]))
    assert way.free_share(box_at((1.0, 1.0), (1.0, 1.0))) > 0.8
    assert way.free_share(box_at((3.6, 3.6), (0.8, 0.8))) == 0.0
    barrier = box_at((2.6, 2.0), (0.4, 4.0))  # the door opens into the smaller half
    assert way.free_share(barrier) == 0.0


def test_a_covered_floor_has_no_way() -> None:
    assert hall().free_share(stack([box_at((2.0, 2.0), (4.2, 4.2))])) == 0.0
