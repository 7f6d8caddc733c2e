"""Files of lifted features."""

import numpy as np
import pytest
import torch

from uniseg3d.io.point_features import feature_files, read_point_features, write_point_features
from uniseg3d.structures.point_features import PointFeatures
from uniseg3d.utils.errors import DataError, FileFormatError

SEEN = torch.tensor([True, False, True, True])
VALUES = PointFeatures(torch.arange(6.0).reshape(3, 2).half(), SEEN)


@pytest.mark.parametrize('suffix', ['pt', 'safetensors'])
def test_there_and_back(tmp_path, suffix):
    path = tmp_path / f'a_0.{suffix}'
    write_point_features(path, VALUES)
    read = read_point_features(path, points=4)
    assert torch.equal(read.features, VALUES.features) and torch.equal(read.seen, SEEN)


def test_the_usual_layout_has_two_entries(tmp_path):
    write_point_features(tmp_path / 'a_0.pt', VALUES)
    content = torch.load(tmp_path / 'a_0.pt', weights_only=True)
    assert content.keys() == {'feat', 'mask_full'} and content['feat'].dtype == torch.float16


@pytest.mark.parametrize('mask', [torch.tensor([2, 0]), torch.tensor([True, False, True])])
def test_the_older_layout(tmp_path, mask):
    torch.save({'feat': VALUES.features[..., None], 'mask': mask, 'mask_full': SEEN}, tmp_path / 'a_0.pt')
    read = read_point_features(tmp_path / 'a_0.pt')
    assert read.seen.tolist() == [True, False, False, True] and read.features.tolist() == [[0, 1], [4, 5]]


def test_arrays_of_numpy_are_read(tmp_path):
    torch.save({'feat': VALUES.features, 'mask_full': torch.from_numpy(np.array(SEEN))}, tmp_path / 'a_0.pt')
    assert len(read_point_features(tmp_path / 'a_0.pt').features) == 3


def test_files_of_a_scene(tmp_path):
    for name in ('a_0.pt', 'a_1.pt', 'a.pt', 'a_b_0.pt', 'ab_0.pt', 'a_0.safetensors'):
        (tmp_path / name).touch()
    assert {path.name for path in feature_files(tmp_path, 'a')} == {'a.pt', 'a_0.pt', 'a_1.pt', 'a_0.safetensors'}
    assert feature_files(tmp_path / 'none', 'a') == []


@pytest.mark.parametrize(
    ('content', 'said'),
    [
        ({'feat': VALUES.features}, 'no entries feat and mask_full'),
        ({'feat': VALUES.features[:2], 'mask_full': SEEN}, 'each of the 3 points'),
        ({'feat': VALUES.features * torch.nan, 'mask_full': SEEN}, 'not finite'),
    ],
)
def test_files_that_cannot_be(tmp_path, content, said):
    torch.save(content, tmp_path / 'a_0.pt')
    with pytest.raises((DataError, FileFormatError), match=said):
        read_point_features(tmp_path / 'a_0.pt')


def test_another_cloud(tmp_path):
    write_point_features(tmp_path / 'a_0.pt', VALUES)
    with pytest.raises(DataError, match='covers 4 points, but the scene has 5'):
        read_point_features(tmp_path / 'a_0.pt', points=5)


def test_some_points():
    some = VALUES.of_points(torch.tensor([3, 1, 0]))
    assert some.seen.tolist() == [True, False, True] and some.features.tolist() == [[4, 5], [0, 1]]
    assert VALUES.scattered().tolist() == [[0, 1], [0, 0], [2, 3], [4, 5]]
    with pytest.raises(DataError, match='2 features for 3'):
        PointFeatures(VALUES.features[:2], SEEN)
