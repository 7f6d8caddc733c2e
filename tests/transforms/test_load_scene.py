"""Loading: arrays that agree pass, all others are repaired or refused with file and counts."""

import warnings

import numpy as np
import pytest
from scene_files import NAME, prepared_arrays, write_scene

from uniseg3d.datasets.scene_dataset import FOLDERS
from uniseg3d.transforms import LoadScene
from uniseg3d.transforms.load_scene import tidy_superpoints
from uniseg3d.utils.errors import DataError, FileFormatError


def load(root, info, **options):
    fields = {
        'points': info.points_path,
        'superpoints': info.superpoints_path,
        'instance': info.instance_mask_path,
        'semantic': info.semantic_mask_path,
        'novel': info.pseudo_masks_path,
    }
    paths = {key: root / FOLDERS[key] / name if name else None for key, name in fields.items()}
    return LoadScene(**options)({'scene_id': NAME, 'info': info, 'paths': paths})


def test_loads_what_was_written(tmp_path):
    arrays = prepared_arrays()
    sample = load(tmp_path, write_scene(tmp_path))
    np.testing.assert_array_equal(np.hstack([sample['xyz'], sample['color']]), arrays['points'])
    for key, folder in (('superpoints', 'super_points'), ('instance_ids', 'instance_mask'), ('semantic', 'semantic_mask')):
        np.testing.assert_array_equal(sample[key], arrays[folder])
    assert sample['novel_masks'] is None and 'novel_point_masks' not in sample


def test_pseudo_masks_are_read_on_demand(tmp_path):
    sample = load(tmp_path, write_scene(tmp_path), novel=True)
    assert sample['novel_point_masks'].shape == (2, 400) and sample['novel_point_masks'].dtype == bool


def test_pseudo_masks_of_another_cloud_are_refused(tmp_path):
    info = write_scene(tmp_path)
    np.savez(tmp_path / 'pseudo_masks' / f'{NAME}.npz', masks=np.zeros((2, 399), bool))
    with pytest.raises(DataError, match=r'\(any, 400\), got \(2, 399\)'):
        load(tmp_path, info, novel=True)


def test_a_scene_without_labels_has_none(tmp_path):
    sample = load(tmp_path, write_scene(tmp_path, labelled=False), novel=True)
    assert sample['semantic'] is None and sample['instance_ids'] is None


def test_a_missing_file_is_named(tmp_path):
    info = write_scene(tmp_path)
    (tmp_path / 'super_points' / f'{NAME}.bin').unlink()
    with pytest.raises(DataError, match=rf'super_points.*{NAME}.bin does not exist'):
        load(tmp_path, info)


def test_a_truncated_cloud_is_refused(tmp_path):
    info = write_scene(tmp_path)
    path = tmp_path / 'points' / f'{NAME}.bin'
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(FileFormatError, match='truncated'):
        load(tmp_path, info)


@pytest.mark.parametrize('folder', ['super_points', 'instance_mask', 'semantic_mask'])
def test_an_array_of_another_length_is_refused_with_both_counts(tmp_path, folder):
    info = write_scene(tmp_path, **{folder: prepared_arrays()[folder][:-1]})
    with pytest.raises(DataError, match=rf'{folder}.*expected 400 rows, got 399'):
        load(tmp_path, info)


def test_an_empty_cloud_is_refused(tmp_path):
    info = write_scene(tmp_path)
    (tmp_path / 'points' / f'{NAME}.bin').write_bytes(b'')
    info.num_points = None
    with pytest.raises(DataError, match='no points'):
        load(tmp_path, info)


def test_dropped_rows_are_dropped_everywhere(tmp_path):
    arrays = prepared_arrays()
    arrays['points'][arrays['super_points'] == 4, 0] = np.nan  # a whole superpoint goes
    with pytest.warns(UserWarning, match=f'{NAME}.*dropped'):
        sample = load(tmp_path, write_scene(tmp_path, points=arrays['points']), novel=True)
    rows = sample['rows']
    assert len(rows) == (arrays['super_points'] != 4).sum()
    np.testing.assert_array_equal(sample['instance_ids'], arrays['instance_mask'][rows])
    assert sample['novel_point_masks'].shape == (2, len(rows))
    assert np.bincount(sample['superpoints']).all()  # renumbered without a gap


def test_a_repair_is_announced_once(tmp_path):
    points = prepared_arrays()['points']
    points[:, 3:] /= 255
    info = write_scene(tmp_path, points=points)
    loader = LoadScene()
    paths = {'points': tmp_path / 'points' / f'{NAME}.bin', 'superpoints': tmp_path / 'super_points' / f'{NAME}.bin'}
    paths |= {'instance': None, 'semantic': None, 'novel': None}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        for _ in range(3):
            loader({'scene_id': NAME, 'info': info, 'paths': paths})
    assert len(caught) == 1 and 'multiplied by 255' in str(caught[0].message)


def test_superpoints_with_gaps_are_renumbered_with_their_masks():
    ids, masks = np.array([5, 0, 5, 2]), np.arange(12).reshape(2, 6) % 2 == 0
    new, kept = tidy_superpoints(ids, masks)
    assert new.tolist() == [2, 0, 2, 1]
    np.testing.assert_array_equal(kept, masks[:, [0, 2, 5]])


def test_superpoints_without_gaps_are_left_alone():
    ids = np.array([1, 0, 2, 1])
    assert tidy_superpoints(ids, None) == (ids, None)


def test_huge_superpoint_ids_cost_no_memory():
    assert tidy_superpoints(np.array([10**15, 3]), None)[0].tolist() == [1, 0]


def test_negative_superpoints_are_refused():
    with pytest.raises(DataError, match='start at -1'):
        tidy_superpoints(np.array([-1, 0, 1]), None)


def test_masks_over_fewer_superpoints_are_refused():
    with pytest.raises(DataError, match='cover 2 superpoints, but the superpoint ids reach 2'):
        tidy_superpoints(np.array([0, 1, 2]), np.zeros((1, 2), bool))
