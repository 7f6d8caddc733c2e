import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from view_files import write_walks

from uniseg3d.datasets import collate_views
from uniseg3d.datasets.views import ViewSequenceDataset
from uniseg3d.datasets.views.layouts import layout
from uniseg3d.registry import DATASETS
from uniseg3d.utils.errors import ConfigError, DataError

PIPELINE = [{'type': 'CropViews', 'extra': 4}, {'type': 'JitterViews'}, {'type': 'PackViews'}]
PLAIN = [{'type': 'CropViews'}, {'type': 'PackViews'}]


@pytest.fixture(scope='module')
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_walks(tmp_path_factory.mktemp('walks'))


def dataset(root: Path, **fields: object) -> ViewSequenceDataset:
    given = {'layout': 'rooms', 'pipeline': PIPELINE, 'views': 3, 'resolutions': [(32, 16), (16, 16)]} | fields
    return DATASETS.build({'type': 'ViewSequenceDataset', 'data_root': str(root), **given})


def test_every_frame_with_enough_followers_starts_a_sequence(root):
    assert len(dataset(root)) == 2 * 10
    assert len(dataset(root, repeat=3)) == 60
    assert len(dataset(root, start_every=4)) == 2 * 3
    assert len(dataset(root, limit=1)) == 10


def test_a_layout_may_repeat_its_starts_in_training_only(root):
    often = replace(layout('rooms'), repeat=10)
    assert len(dataset(root, layout=often)) == 200 and len(dataset(root, layout=often, test_mode=True)) == 20


def test_a_sample_is_a_batch_of_one_at_the_first_resolution(root):
    sample = dataset(root)[0]
    assert len(sample) == 1 and sample.images.shape == (1, 3, 3, 16, 32)
    assert sample.is_metric.all() and 1 <= sample.depth.max() <= 3 and sample.images.abs().max() <= 1


def test_the_sampler_chooses_resolution_and_length(root):
    data = dataset(root)
    batch = collate_views([data[0, 1, 5], data[4, 1, 5]])['batch']
    assert batch.images.shape == (2, 5, 3, 16, 16)
    assert '0' in batch.names[0] and '4' in batch.names[1]


def test_samples_depend_on_seed_and_epoch_only(root):
    data, again = dataset(root), dataset(root)
    first = data[3].images
    assert torch.equal(first, again[3].images)
    data.set_epoch(1)
    assert not torch.equal(first, data[3].images)
    fixed = dataset(root, test_mode=True)
    first = fixed[3].images
    fixed.set_epoch(1)
    assert torch.equal(first, fixed[3].images)


def test_frames_come_in_order_from_a_rule_that_says_so(root):
    data = dataset(root, pipeline=PLAIN, rule={'max_interval': 2, 'video': 1.0, 'fixed_interval': 1.0})
    for index in range(len(data)):
        steps = np.diff([int(name) for name in data[index].names[0]])
        assert len(set(steps)) == 1 and steps[0] in (1, 2)


def test_frames_may_repeat_where_there_are_few(root):
    data = dataset(root, views=30, repeat_frames=True)
    assert data[0].images.shape[1] == 30
    with pytest.raises(DataError, match='has the 30 frames'):
        dataset(root, views=30)


def test_a_broken_frame_is_named_with_its_scene(tmp_path):
    root = write_walks(tmp_path, scenes=1, frames=4)
    (root / 'frames/room0000_00/color/1.jpg').write_bytes(b'no picture')
    with pytest.raises(DataError, match=r'scene frames/room0000_00: .*1\.jpg is neither'):
        dataset(root, views=4)[0]


def test_a_scene_without_depth_is_named(tmp_path):
    root = write_walks(tmp_path, scenes=1, frames=4)
    from uniseg3d.io.images import write_png

    for number in range(4):
        write_png(root / f'frames/room0000_00/depth/{number}.png', np.zeros((24, 32), np.uint16))
    with pytest.raises(DataError, match='no depth in 10 sequences that begin at number 0 of 4'):
        dataset(root, views=4)[0]


def test_a_start_without_depth_gives_way_to_an_earlier_one(tmp_path):
    root = write_walks(tmp_path, scenes=1, frames=6)
    from uniseg3d.io.images import write_png

    for number in (4, 5):
        write_png(root / f'frames/room0000_00/depth/{number}.png', np.zeros((24, 32), np.uint16))
    assert (dataset(root, views=2)[4].depth > 0).any()


def test_kept_frames_are_those_that_are_read_and_nothing_changes_them(root):
    keep, read = dataset(root, pipeline=PLAIN, keep=True), dataset(root, pipeline=PLAIN)
    assert torch.equal(keep[2].images, read[2].images) and torch.equal(keep[2].depth, read[2].depth)
    jittered = dataset(root, pipeline=[{'type': 'MirrorViews'}, {'type': 'JitterViews'}, {'type': 'PackViews'}], keep=True)
    once = jittered[2].images
    assert torch.equal(jittered[2].images, once)


@pytest.mark.parametrize('wrong', [{'views': 0}, {'resolutions': []}, {'start_every': 0}])
def test_settings_that_make_no_sense_are_refused(root, wrong):
    with pytest.raises(ConfigError, match='at least 1'):
        dataset(root, **wrong)


def test_a_whole_scene_is_one_sequence_in_order(root):
    data = dataset(root, whole_scenes=5, test_mode=True)
    assert len(data) == 2 and data[1].names == [['0', '5', '10']]
    assert dataset(root, whole_scenes=500, test_mode=True)[1].names == [['0', '6']]


def test_equal_folders_of_several_scenes_have_several_names(tmp_path):
    root = write_walks(tmp_path, scenes=1)
    for scene in ('chess', 'fire'):
        shutil.copytree(root / 'frames/room0000_00', root / 'frames' / scene / 'seq-01')
    (root / 'meta_data/scannetv2_val.txt').write_text('chess/seq-01\nfire/seq-01\nroom0000_00\n')
    data = dataset(root, split='val', whole_scenes=5, test_mode=True)
    assert [data[i].scene_ids[0] for i in range(3)] == ['chess_seq-01', 'fire_seq-01', 'room0000_00']
