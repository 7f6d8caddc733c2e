"""Colour words follow the painted surface."""

import numpy as np
import pytest
from hand_made import Thing, hand_made_room

from uniseg3d.rooms.appearance import color_shares
from uniseg3d.rooms.materials import SHADES
from uniseg3d.rooms.scene import Material


@pytest.mark.parametrize('word', sorted(SHADES))
def test_every_shade_deserves_its_own_word(word: str) -> None:
    for shade in SHADES[word]:
        room = hand_made_room([Thing('chair', (1, 1, 0), color=word)])
        room.materials[1] = Material(shade, shade)
        sure, possible = color_shares(room, [1]).of(word)
        np.testing.assert_allclose([sure[0], possible[0]], 1.0)


def test_shares_follow_the_area() -> None:
    room = hand_made_room([Thing('table', (1, 1, 0), (1.0, 1.0, 0.5), 'red')])
    mine = np.flatnonzero(room.face_object == 1)
    upward = mine[np.ptp(room.vertices[room.faces[mine]][:, :, 2], axis=1) < 1e-6]  # top and bottom: 2 of 4 square metres
    room.materials.append(Material(SHADES['blue'][0], SHADES['blue'][0]))
    room.face_material = room.face_material.copy()
    room.face_material[upward] = 2
    shares = color_shares(room, [1])
    np.testing.assert_allclose([shares.of('red')[0][0], shares.of('blue')[0][0]], [0.5, 0.5], atol=1e-6)


def test_between_two_words_both_are_possible() -> None:
    room = hand_made_room([Thing('chair', (1, 1, 0))])
    middle = tuple(np.multiply(SHADES['red'][2], 0.48) + np.multiply(SHADES['orange'][1], 0.52))
    room.materials[1] = Material(middle, middle)
    shares = color_shares(room, [1])
    assert (shares.of('red')[0][0], shares.of('orange')[0][0]) == pytest.approx((0.0, 1.0))
    assert shares.of('red')[1][0] == shares.of('orange')[1][0] == pytest.approx(1.0)
    assert shares.of('green')[1][0] == 0


def test_nobody_paints_with_an_unknown_word_and_nothing_has_no_colour() -> None:
    room = hand_made_room([Thing('chair', (1, 1, 0), color='red')])
    assert [values.tolist() for values in color_shares(room, [1]).of('ultraviolet')] == [[0.0], [0.0]]
    room.face_object[:] = 0
    assert color_shares(room, [1]).of('red')[0].tolist() == [0.0]
