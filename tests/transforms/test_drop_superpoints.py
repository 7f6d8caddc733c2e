import numpy as np
import pytest
from scene_files import loaded_sample

from uniseg3d.transforms import DropSuperpoints, SuperpointAnnotations
from uniseg3d.utils.errors import ConfigError

PER_POINT = ('xyz', 'color', 'instance_ids', 'semantic')


def dropped(share, **changes):
    return DropSuperpoints(share)(loaded_sample() | changes)


def test_what_is_left_is_whole_superpoints_with_ids_in_their_old_order():
    before, after = loaded_sample(), dropped((0.5, 0.5))
    rows = after['rows']
    assert 0 < len(rows) < len(before['xyz'])
    for key in PER_POINT:
        np.testing.assert_array_equal(after[key], before[key][rows])
    old = before['superpoints'][rows]
    np.testing.assert_array_equal(np.unique(old)[after['superpoints']], old)
    assert np.isin(before['superpoints'], old).sum() == len(rows)


@pytest.mark.parametrize(('share', 'low', 'high'), [((0.2, 0.2), 0.15, 0.25), ((0.0, 1.0), 0.0, 1.0)])
def test_the_share_is_of_superpoints(share, low, high):
    sample = loaded_sample()
    count = 4000
    ids = np.resize(np.arange(count), len(sample['xyz']) * 20)
    many = {key: np.resize(sample[key], (len(ids), *sample[key].shape[1:])) for key in PER_POINT}
    after = DropSuperpoints(share)(sample | many | {'superpoints': ids, 'novel_masks': None})
    assert low <= 1 - len(np.unique(after['superpoints'])) / count <= high


def test_pseudo_masks_lose_the_same():
    count = int(loaded_sample()['superpoints'].max()) + 1
    masks = np.eye(count, dtype=bool)
    point_masks = masks[:, loaded_sample()['superpoints']]
    after = dropped((0.5, 0.5), novel_masks=masks, novel_point_masks=point_masks)
    np.testing.assert_array_equal(after['novel_point_masks'], after['novel_masks'][:, after['superpoints']])
    assert after['novel_masks'].any(0).all() and after['novel_masks'].shape[1] == after['superpoints'].max() + 1


def test_nothing_dropped_is_the_same_scene():
    before, after = loaded_sample(), dropped((0.0, 0.0))
    for key in (*PER_POINT, 'superpoints'):
        np.testing.assert_array_equal(after[key], before[key])


def test_something_is_always_left():
    after = dropped((1.0, 1.0))
    assert after['superpoints'].max() == 0 and len(after['xyz']) > 0
    assert SuperpointAnnotations()(after)['masks'].shape[1] == 1


def test_rows_count_in_the_file():
    whole = loaded_sample()
    rows = np.arange(len(whole['xyz'])) + 5  # the loader left out five points
    after = dropped((0.5, 0.5), rows=rows)
    np.testing.assert_array_equal(whole['xyz'][after['rows'] - 5], after['xyz'])


def test_scenes_without_labels_stay_so():
    after = dropped((0.5, 0.5), instance_ids=None, semantic=None)
    assert after['instance_ids'] is None and after['semantic'] is None


@pytest.mark.parametrize('share', [(-0.1, 0.5), (0.5, 0.2), (0.0, 1.5)])
def test_a_share_that_is_none_is_a_config_error(share):
    with pytest.raises(ConfigError, match='share'):
        DropSuperpoints(share)
