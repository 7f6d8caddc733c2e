import pytest
from mmengine.registry import FUNCTIONS, init_default_scope
from model_samples import room_sample

from uniseg3d.datasets import collate_scenes
from uniseg3d.structures import SceneBatch
from uniseg3d.utils.errors import DataError


def test_scenes_of_different_sizes_stay_apart():
    samples = [room_sample(0), room_sample(1, boxes=2)]
    batch = collate_scenes(samples)['batch']
    assert isinstance(batch, SceneBatch)
    assert batch.point_counts == [len(s.scene) for s in samples] and batch.samples[1] is samples[1]


def test_no_samples_make_no_batch():
    with pytest.raises(DataError, match='at least one'):
        collate_scenes([])


def test_the_runner_finds_it_by_its_config_name():
    init_default_scope('uniseg3d')
    assert FUNCTIONS.get('uniseg3d.collate_scenes') is collate_scenes
