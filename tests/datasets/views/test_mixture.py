from pathlib import Path

import pytest
import torch
from view_files import write_walks

from uniseg3d.datasets.views import ViewMixture
from uniseg3d.utils.errors import ConfigError

COMMON = {'layout': 'rooms', 'pipeline': [{'type': 'CropViews'}, {'type': 'PackViews'}], 'resolutions': [(32, 16), (16, 16)]}


@pytest.fixture(scope='module')
def roots(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return [write_walks(tmp_path_factory.mktemp('walks'), scenes=scenes, frames=6) for scenes in (1, 3)]


def mixture(roots: list[Path]) -> ViewMixture:
    parts = [{'count': count, 'data_root': str(root)} for count, root in zip((4, 20), roots, strict=True)]
    return ViewMixture(parts, COMMON | {'views': 2})


def test_every_part_has_its_share(roots):
    data = mixture(roots)
    assert len(data) == 24 and [len(part) for part in data.parts] == [5, 15]
    scenes = [data[index].scene_ids[0] for index in range(24)]
    assert len(set(scenes[:4])) == 4 and all(scene.startswith('room0000') for scene in scenes[:4])
    assert len(set(scenes[4:19])) == 15  # a whole pass before anything repeats
    assert scenes[4:9] == scenes[19:]


def test_another_epoch_shows_other_samples_of_a_part(roots):
    data = mixture(roots)
    first = [data[index].scene_ids[0] for index in range(4)]
    data.set_epoch(1)
    assert first != [data[index].scene_ids[0] for index in range(4)]


def test_resolution_and_length_reach_the_parts(roots):
    data = mixture(roots)
    assert data.resolutions == [(32, 16), (16, 16)] and data[7, 1, 4].images.shape == (1, 4, 3, 16, 16)


def test_the_seed_of_the_run_reaches_the_parts(roots):
    data = mixture(roots)
    before = data[9, 0, 2].camera_to_world
    data.seed = 5
    assert [part.seed for part in data.parts] == [5, 6]
    assert not torch.equal(before, data[9, 0, 2].camera_to_world)


def test_outside_there_is_nothing(roots):
    with pytest.raises(IndexError, match='sample 24 of 24'):
        mixture(roots)[24]


def test_parts_without_a_share_are_refused(roots):
    with pytest.raises(ConfigError, match='count of at least 1'):
        ViewMixture([{'data_root': str(roots[0])}], COMMON)
