"""Lifted features in a pipeline."""

import numpy as np
import pytest
import torch
from scene_files import loaded_sample

from uniseg3d.io.point_features import write_point_features
from uniseg3d.structures.lifted_sample import LiftedSample
from uniseg3d.structures.point_features import PointFeatures
from uniseg3d.transforms import LoadPointFeatures, PackLiftedScene, SuperpointAnnotations, TurnTiltScale
from uniseg3d.utils.errors import DataError


@pytest.fixture
def sample():
    return loaded_sample() | {'rows': None}


def write(folder, sample, chunk=0, value=1.0):
    count = len(sample['xyz'])
    seen = torch.arange(count) % 3 == 0
    values = torch.full((int(seen.sum()), 2), value)
    write_point_features(folder / f'{sample["scene_id"]}_{chunk}.pt', PointFeatures(values.half(), seen))


def test_features_reach_the_sample(tmp_path, sample):
    write(tmp_path, sample)
    packed = PackLiftedScene(('color',))(SuperpointAnnotations(novel=False)(LoadPointFeatures(str(tmp_path))(sample)))
    assert isinstance(packed, LiftedSample) and packed.lifted.seen.sum() == len(packed.lifted.features)
    assert packed.to('cpu').lifted.features.dtype == torch.float16


def test_rows_that_were_dropped(tmp_path, sample):
    write(tmp_path, sample)
    sample['rows'] = np.array([0, 1, 6])
    lifted = LoadPointFeatures(str(tmp_path))(sample)['lifted']
    assert lifted.seen.tolist() == [True, False, True] and len(lifted.features) == 2


def test_one_of_several_parts(tmp_path, sample):
    for chunk in range(3):
        write(tmp_path, sample, chunk, chunk)
    read = [LoadPointFeatures(str(tmp_path))(sample)['lifted'].features[0, 0].item() for _ in range(20)]
    assert set(read) == {0, 1, 2}


def test_scenes_without_features(tmp_path, sample):
    with pytest.raises(DataError, match='has no features of this scene'):
        LoadPointFeatures(str(tmp_path))(sample)
    assert LoadPointFeatures(str(tmp_path), required=False)(sample)['lifted'] is None


def test_motion_keeps_shapes(sample):
    before = sample['xyz'].copy()
    after = TurnTiltScale()(sample)['xyz']
    ratio = np.linalg.norm(after[1:] - after[:1], axis=1) / np.linalg.norm(before[1:] - before[:1], axis=1)
    assert after.dtype == np.float32 and ratio.std() < 1e-4 and 0.9 <= ratio.mean() <= 1.1 and not np.allclose(after, before)


def test_features_of_another_scene(sample):
    wrong = PointFeatures(torch.zeros(1, 2), torch.tensor([True]))
    packed = SuperpointAnnotations(novel=False)(sample | {'lifted': wrong})
    with pytest.raises(DataError, match='lifted features cover 1 points'):
        PackLiftedScene()(packed)
