"""Kinds of rooms: what they hold, and that val shows mixes that training never does."""

import numpy as np
import pytest

from uniseg3d.rooms import themes
from uniseg3d.rooms.floorplan import make_cell
from uniseg3d.rooms.placement import Layout
from uniseg3d.rooms.shell import number_walls

TYPICAL = {'bedroom': 'bed', 'living': 'sofa', 'office': 'desk', 'kitchen': 'counter', 'bathroom': 'toilet', 'workshop': 'desk'}


@pytest.mark.parametrize('theme', TYPICAL)
def test_a_theme_shows_its_typical_furniture(theme: str) -> None:
    found = 0
    for seed in range(6):
        cell = make_cell(np.zeros(2), np.array([5.0, 4.0]), 2.7)
        number_walls([cell])
        room = Layout(np.random.default_rng(seed), cell, 'val')
        themes.furnish(room, theme, 10)
        found += any(item.variant.kind == TYPICAL[theme] for item in room.items)
        assert room.annotated() >= 6
        before = len(room.items)
        themes.add_clutter(room, 4)
        assert all(item.variant.kind == 'clutter' for item in room.items[before:])
    assert found >= 4


def test_val_mixes_rooms_that_training_never_shows() -> None:
    train, val = (set(themes.SCENES[split]) for split in ('train', 'val'))
    assert len(val - train) >= 4
    pairs = {scene for scene in val if len(scene) == 2}
    assert pairs
    assert not pairs & train
    for scenes in themes.SCENES.values():
        assert {theme for scene in scenes for theme in scene} <= set(themes.THEMES)


def test_scenes_run_through_their_list() -> None:
    count = len(themes.SCENES['train'])
    assert {themes.scene_themes('train', index) for index in range(count)} == set(themes.SCENES['train'])
    assert themes.scene_themes('train', count) == themes.SCENES['train'][0]
