"""Asking an open scene again costs as much as the question."""

import numpy as np
import pytest

from uniseg3d.apis.prompt_latency import dense_room, prompt_latency
from uniseg3d.apis.scene_inferencer import SceneInferencer

FLOOR = 200  # milliseconds of the processor for a room of 100 000 points


@pytest.fixture(scope='module')
def room():
    return dense_room(100_000)


def test_a_room_is_as_dense_as_wanted(room):
    assert room.xyz.shape == room.colors.shape == (100_000, 3) and 2 < np.ptp(room.xyz[:, 2]) < 4
    assert len(np.unique(room.xyz, axis=0)) > 99_000 and room.colors.std() > 5


def test_another_click_and_another_sentence_are_answered_at_once(room):
    found = prompt_latency(SceneInferencer(device='cpu'), room, rounds=5)
    assert set(found) == {'click', 'sentence'}
    assert all(0 < latency.processor < FLOOR for latency in found.values()), found
