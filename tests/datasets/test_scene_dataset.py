"""The data set: samples depend on (seed, epoch, index) and nothing else; broken scenes are named."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from scene_files import NAME, prepared_arrays, write_dataset, write_scene
from torch.utils.data import DataLoader

from uniseg3d.datasets import SceneDataset, collate_scenes
from uniseg3d.io.infos import write_infos
from uniseg3d.utils.errors import ConfigError, DataError, FileFormatError

CONFIGS = Path(__file__).parents[2] / 'configs' / '_base_' / 'datasets'
ROOMS = Config.fromfile(CONFIGS / 'rooms.py')


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / 'räume mit Lücke'
    write_dataset(folder, scenes=3)
    return folder


def rooms(root, **options):
    return SceneDataset(str(root), 'infos.json', options.pop('pipeline', ROOMS.train_pipeline), **options)


def fingerprint(sample):
    parts = [sample.scene.xyz, sample.scene.features, sample.prompts.clicks.point, sample.prompts.texts.tokens]
    return sample.scene.scene_id, [part.numpy().tobytes() for part in parts]


def loaded(dataset, **options):
    loader = DataLoader(dataset, collate_fn=collate_scenes, **options)
    return [fingerprint(sample) for batch in loader for sample in batch['batch']]


def test_a_sample_is_complete(root):
    sample = rooms(root)[0]
    assert sample.scene.scene_id == NAME
    assert len(sample.prompts.clicks) == 3 and sorted(sample.targets.text_object_ids.tolist()) == [2, 2, 2, 7]
    assert len(sample.targets.novel_masks) == 2


def test_the_same_index_gives_the_same_sample_and_other_epochs_others(root):
    dataset, again = rooms(root), rooms(root)
    assert fingerprint(dataset[1]) == fingerprint(again[1])
    first = fingerprint(dataset[1])
    dataset.set_epoch(1)
    assert fingerprint(dataset[1]) != first
    assert fingerprint(again[1]) == first  # each data set has its own epoch
    assert fingerprint(rooms(root, seed=1)[1]) != first


def test_other_samples_in_between_change_nothing(root):
    dataset = rooms(root)
    expected = [fingerprint(dataset[i]) for i in range(3)]
    assert [fingerprint(dataset[i]) for i in (2, 0, 1)] == [expected[i] for i in (2, 0, 1)]


def test_the_number_of_workers_changes_nothing(root):
    dataset = rooms(root)
    dataset.set_epoch(4)
    alone = loaded(dataset)
    assert loaded(dataset, num_workers=2, batch_size=2) == alone


def test_running_workers_see_the_new_epoch(root):
    dataset = rooms(root)
    loader = DataLoader(dataset, collate_fn=collate_scenes, num_workers=2, persistent_workers=True)
    seen = []
    for epoch in range(3):
        dataset.set_epoch(epoch)
        seen.append([fingerprint(batch['batch'].samples[0]) for batch in loader])
    for epoch, samples in enumerate(seen):
        dataset.set_epoch(epoch)
        assert samples == [fingerprint(dataset[i]) for i in range(3)]


def test_spawned_workers_give_the_same_samples_and_see_the_epoch(root):
    dataset = rooms(root)
    loader = DataLoader(
        dataset, collate_fn=collate_scenes, num_workers=1, persistent_workers=True, multiprocessing_context='spawn'
    )
    for epoch in (0, 5):
        dataset.set_epoch(epoch)
        expected = [fingerprint(dataset[i]) for i in range(3)]
        assert [fingerprint(batch['batch'].samples[0]) for batch in loader] == expected


def test_a_copy_gives_the_same_samples(root):
    dataset = rooms(root)
    assert fingerprint(pickle.loads(pickle.dumps(dataset))[2]) == fingerprint(dataset[2])


def test_test_mode_ignores_the_epoch(root):
    dataset = rooms(root, test_mode=True)
    first = fingerprint(dataset[0])
    dataset.set_epoch(3)
    assert fingerprint(dataset[0]) == first


def test_repeats_show_each_scene_with_other_random_numbers(root):
    dataset = rooms(root, repeat=2)
    assert len(dataset) == 6
    (name, once), (same_name, twice) = fingerprint(dataset[1]), fingerprint(dataset[4])
    assert name == same_name and once != twice


def test_limits_and_negative_indices(root):
    assert rooms(root, limit=2).scene_ids == ['room0000_00', 'room0001_00']
    dataset = rooms(root)
    assert dataset[-1].scene.scene_id == 'room0002_00'
    for index in (3, -4):
        with pytest.raises(IndexError):
            dataset[index]


def test_scenes_without_labels_are_samples_without_targets(tmp_path):
    write_dataset(tmp_path, scenes=3, unlabelled=1)
    sample = rooms(tmp_path, pipeline=ROOMS.test_pipeline, test_mode=True)[2]
    assert sample.targets is None and len(sample.scene) == 400
    assert len(rooms(tmp_path)) == 3
    assert len(rooms(tmp_path, require_instances=True)) == 2


def test_metainfo_names_the_classes(root):
    meta = rooms(root).metainfo
    assert len(meta['classes']) == len(meta['palette']) == 20
    assert meta['classes'][:3] == ('wall', 'floor', 'cabinet') and meta['stuff'] == (0, 1)


def broken_dataset(root, **replaced):
    write_infos(root / 'infos.json', [write_scene(root, **replaced)], 'rooms', {})
    return rooms(root)


@pytest.mark.parametrize(
    ('replaced', 'message'),
    [
        ({'super_points': np.arange(400) - 1}, 'start at -1'),
        ({'semantic_mask': np.full(400, 1000)}, '0..41'),
        ({'instance_mask': np.zeros(7, np.int64)}, 'expected 400 rows, got 7'),
        ({'points': prepared_arrays()['points'] * [1000, 1000, 1000, 1, 1, 1]}, 'unit=0.001'),
    ],
)
def test_what_is_wrong_with_a_scene_is_said_with_its_name(tmp_path, replaced, message):
    dataset = broken_dataset(tmp_path, **replaced)
    with pytest.raises(DataError, match=f'{NAME}.*{message}'):
        dataset[0]


def test_a_missing_info_file_says_how_to_make_it(tmp_path):
    with pytest.raises(DataError, match='create_data'):
        rooms(tmp_path)


def test_a_corrupt_info_file_is_refused(root):
    path = root / 'infos.json'
    path.write_text(path.read_text(encoding='utf-8')[:-40], encoding='utf-8')
    with pytest.raises(FileFormatError, match='not valid JSON'):
        rooms(root)


def test_an_info_file_without_scenes_is_refused(tmp_path):
    write_infos(tmp_path / 'infos.json', [], 'rooms', {})
    with pytest.raises(DataError, match='no scenes'):
        rooms(tmp_path)


def test_unknown_folders_are_a_config_error(root):
    with pytest.raises(ConfigError, match='normals'):
        rooms(root, folders={'normals': 'normals'})


def test_folders_can_be_renamed(root):
    (root / 'points').rename(root / 'clouds')
    assert len(rooms(root, folders={'points': 'clouds'})[0].scene) == 400


@pytest.mark.parametrize('name', ['rooms', 'scannet'])
@pytest.mark.parametrize('split', ['train', 'val'])
def test_the_dataloaders_of_the_base_configs_deliver_batches(root, name, split):
    init_default_scope('uniseg3d')
    config = Config.fromfile(CONFIGS / f'{name}.py')[f'{split}_dataloader']
    config.update(num_workers=0, persistent_workers=False)
    config.dataset.update(data_root=str(root), info_file='infos.json')
    batches = [data['batch'] for data in Runner.build_dataloader(config, seed=0)]
    assert sum(len(batch) for batch in batches) == 3
    for sample in (sample for batch in batches for sample in batch):
        assert sample.scene.features.shape == (400, 6) and torch.isfinite(sample.scene.features).all()
        assert (sample.scene.voxel_coords is not None) == (name == 'scannet' and split == 'train')
        assert len(sample.prompts.texts) == (2 if name == 'scannet' and split == 'train' else 4)  # one of each object, or all
