"""Voxels, their targets and batches, against the published program."""

import numpy as np
import pytest
import torch
from fixture_paths import fixture_folder

from uniseg3d.geometry.hashed_voxels import hashed_voxels
from uniseg3d.io.point_features import read_point_features

pytestmark = pytest.mark.full_set


@pytest.fixture(scope='module')
def case():
    return dict(np.load(fixture_folder('sas') / 'voxelization.npz'))


def scenes(case):
    return [i for i in range(99) if f'scene{i}_points' in case]


def voxels(case, scene, name):
    return hashed_voxels(torch.from_numpy(case[f'scene{scene}_points']), torch.from_numpy(case[f'{name}{scene}_transform']))


def lifted(case, scene, tmp_path, older=False):
    kind = 'legacy_' if older else ''
    names = {'feat': 'feat', 'mask_full': 'mask_full'} | ({'mask': 'mask'} if older else {})
    content = {key: torch.from_numpy(case[f'scene{scene}_{kind}{name}']) for key, name in names.items()}
    torch.save(content, tmp_path / 'scene_0.pt')
    return read_point_features(tmp_path / 'scene_0.pt')


@pytest.mark.parametrize('name', ['train', 'val', 'legacy_train'])
def test_voxels_and_targets(case, name, tmp_path):
    assert scenes(case)
    for scene in scenes(case):
        made = voxels(case, scene, name)
        np.testing.assert_array_equal(made.cells, case[f'{name}{scene}_coords'][:, 1:])
        np.testing.assert_array_equal(made.point_to_voxel, case[f'{name}{scene}_inverse'])
        np.testing.assert_array_equal(made.representative, case[f'{name}{scene}_vox_ind'])
        features = lifted(case, scene, tmp_path, older=name.startswith('legacy')).of_points(made.representative)
        np.testing.assert_array_equal(features.seen, case[f'{name}{scene}_mask'])
        values = features.scattered() if name == 'val' else features.features
        np.testing.assert_array_equal(values, case[f'{name}{scene}_feat3d'])
        colors = ((case[f'scene{scene}_colours'] + 1) * 127.5).astype(np.float32)  # 0..255, as networks are given them
        np.testing.assert_array_equal((colors / 127.5 - 1)[made.representative], case[f'{name}{scene}_colour'])
        labels = case[f'scene{scene}_labels']
        expected = case[f'{name}{scene}_labels']
        np.testing.assert_array_equal(labels if name == 'val' else labels[made.representative], expected)


def test_a_batch(case, tmp_path):
    made = [voxels(case, scene, 'train') for scene in scenes(case)]
    points = np.cumsum([0, *(len(one.point_to_voxel) for one in made)])
    cells = np.cumsum([0, *(len(one) for one in made)])
    np.testing.assert_array_equal(points[1:], case['batch_offset'])
    parts = [np.insert(one.cells, 0, i, axis=1) for i, one in enumerate(made)]
    np.testing.assert_array_equal(np.concatenate(parts)[:, 0], case['batch_coords'][:, 0])
    shifts = case['batch_coords'] - np.concatenate(parts)
    assert len(np.unique(shifts, axis=0)) == 1  # one random shift for the whole batch
    for name, offsets in (('point_to_voxel', cells), ('representative', points)):
        rows = np.concatenate([getattr(one, name) + offset for one, offset in zip(made, offsets, strict=False)])
        np.testing.assert_array_equal(rows, case['batch_inverse' if name == 'point_to_voxel' else 'batch_vox_ind'])
