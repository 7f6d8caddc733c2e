from pathlib import Path

import pytest
import torch
from view_files import write_walks
from view_pair_files import write_scene

from uniseg3d.datasets.views import ViewMixture, ViewPairDataset, ViewSequenceDataset
from uniseg3d.utils.errors import ConfigError

COMMON = {'layout': 'rooms', 'pipeline': [{'type': 'CropViews'}, {'type': 'PackViews'}], 'resolutions': [(32, 16), (16, 16)]}


@pytest.fixture(scope='module')
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp('views')
    write_walks(root / 'small', scenes=1, frames=6)
    write_walks(root / 'rooms', scenes=3, frames=6)
    return root


def mixture(root: Path, views: int = 2) -> ViewMixture:
    return ViewMixture(str(root), [{'folder': 'small'}, {'folder': 'missing'}, {}], [4, 0, 20], COMMON | {'views': views})


def test_every_part_has_its_share(root):
    data = mixture(root)
    assert len(data) == 24 and [len(part) for part in data.parts] == [5, 15]
    scenes = [data[index].scene_ids[0] for index in range(24)]
    assert len(set(scenes[:4])) == 4 and all(scene.startswith('room0000') for scene in scenes[:4])
    assert len(set(scenes[4:19])) == 15  # a whole pass before anything repeats
    assert scenes[4:9] == scenes[19:]


def test_parts_may_be_of_several_kinds(root, tmp_path):
    write_scene(tmp_path / 'pairs')
    (tmp_path / 'small').symlink_to(root / 'small')
    pairs = {'folder': 'pairs', 'type': 'ViewPairDataset', 'layout': 'scannetpp_panoptic', 'views': 3}
    data = ViewMixture(str(tmp_path), [pairs, {'folder': 'small'}], [2, 3], COMMON | {'views': 2})
    assert [type(part) for part in data.parts] == [ViewPairDataset, ViewSequenceDataset]
    assert data[0].views == 3 and data[2].views == 2


def test_another_epoch_shows_other_samples_of_a_part(root):
    data = mixture(root)
    first = [data[index].scene_ids[0] for index in range(4)]
    data.set_epoch(1)
    assert first != [data[index].scene_ids[0] for index in range(4)]


def test_resolution_and_length_reach_the_parts(root):
    data = mixture(root)
    assert data.resolutions == [(32, 16), (16, 16)] and data[7, 1, 2].images.shape == (1, 2, 3, 16, 16)


def test_the_seed_of_the_run_reaches_the_parts(root):
    data = mixture(root)
    before = [data[row, 0, 2].camera_to_world for row in range(10)]
    data.seed = 5
    assert [part.seed for part in data.parts] == [5, 6]
    after = [data[row, 0, 2].camera_to_world for row in range(10)]
    assert not all(torch.equal(old, new) for old, new in zip(before, after, strict=True))  # one alone may be drawn again


def test_outside_there_is_nothing(root):
    with pytest.raises(IndexError, match='sample 24 of 24'):
        mixture(root)[24]


def test_counts_that_fit_no_part_are_refused(root):
    for counts in ([1], [0, 0], [1, -1]):
        with pytest.raises(ConfigError, match='one count for each of 2 parts'):
            ViewMixture(str(root), [{}, {}], counts, COMMON)
