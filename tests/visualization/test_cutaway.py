"""Ceilings and near walls go, the rest of the room stays."""

import numpy as np
import pytest

from uniseg3d.visualization.cutaway import below_ceiling, inside_view, near_side

STEP = 0.04


def sheet(low, high):
    axes = [np.arange(a, b + 1e-9, STEP) if b > a else np.array([a]) for a, b in zip(low, high, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing='ij'), -1).reshape(-1, 3)


@pytest.fixture
def room():
    """Parts of a room of 4 x 3 x 2.4 m."""
    return {
        'floor': sheet((0, 0, 0), (4, 3, 0)),
        'west': sheet((0, 0, 0), (0, 3, 2.4)),
        'east': sheet((4, 0, 0), (4, 3, 2.4)),
        'south': sheet((0, 0, 0), (4, 0, 2.4)),
        'north': sheet((0, 3, 0), (4, 3, 2.4)),
        'ceiling': sheet((0, 0, 2.4), (4, 3, 2.4)),
        'table': sheet((1.5, 1.2, 0.7), (2.5, 1.8, 0.7)),
    }


def shares(parts, rule):
    """Share of each part's points that a rule keeps."""
    kept = rule(np.concatenate(list(parts.values())))
    pieces = np.split(kept, np.cumsum([len(part) for part in parts.values()])[:-1])
    return {name: piece.mean() for name, piece in zip(parts, pieces, strict=True)}


def test_the_ceiling_goes(room):
    kept = shares(room, below_ceiling)
    assert kept['ceiling'] == 0 and kept['floor'] == 1 and kept['table'] == 1 and kept['north'] > 0.8


def test_without_a_ceiling_everything_stays(room):
    room.pop('ceiling')
    assert set(shares(room, below_ceiling).values()) == {1.0}


def test_the_walls_on_the_camera_side_go(room):
    kept = shares(room, lambda xyz: ~near_side(xyz, azimuth=np.pi / 4))  # the camera stands in the south-west
    assert kept['south'] < 0.2 and kept['west'] < 0.2
    assert kept['north'] > 0.9 and kept['east'] > 0.9
    assert kept['floor'] == 1 and kept['table'] == 1


def test_the_notch_of_an_l_shaped_room_counts_as_outside(room):
    """A wall around a notch is cut away too when it hides what lies behind it."""
    room.pop('ceiling')
    notch = room['floor'][(room['floor'][:, :2] > [1.5, 1.0]).any(1)]
    parts = {'floor': notch, 'inner wall': sheet((1.5, 0, 0), (1.5, 1.0, 2.4)), 'north': room['north']}
    kept = shares(parts, lambda xyz: inside_view(xyz, azimuth=0.0))  # looks east: the notch lies in front of the wall
    assert kept['inner wall'] < 0.2 and kept['north'] > 0.9


def test_a_handful_of_points_survives():
    for count in (1, 2, 5):
        xyz = np.random.default_rng(count).random((count, 3)) * [1, 1, 0.05]
        assert inside_view(xyz, 0.3).shape == (count,)
