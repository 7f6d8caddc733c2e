"""A small data set of rooms, made once for all tests of a session."""

from pathlib import Path

import pytest

from uniseg3d.rooms.make import make_rooms

TRAIN, VAL, SEED = 24, 8, 11


@pytest.fixture(scope='session')
def rooms_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 training and 8 val rooms as tools/make_rooms.py writes them."""
    out = tmp_path_factory.mktemp('rooms')
    make_rooms(out, train=TRAIN, val=VAL, seed=SEED, workers=2)
    return out
