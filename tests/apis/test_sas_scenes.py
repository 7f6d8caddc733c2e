"""Texts, masks, objects and gaussians by distilled features."""

import numpy as np
import pytest
import torch
from lifted_scenes import lifted_sample

from uniseg3d.apis.sas_scenes import classify_masks, features_at, group_instances
from uniseg3d.utils.errors import DataError
from uniseg3d.visualization.heat import draw_heat, heat_colors


def test_masks_get_the_names_of_their_points():
    features = torch.eye(3)[[0, 0, 1, 2]] * torch.tensor([1.0, 9, 1, 1])[:, None]
    masks = torch.tensor([[True, True, False, False], [False, False, True, False], [False] * 4])
    texts = torch.stack([torch.eye(3)[[0, 0]], torch.eye(3)[[1, 2]]])  # two classes, two synonyms each
    found = classify_masks(features, masks, texts)
    assert found[0, 0] > 0.99 and found[1, 1] > 0.99 and torch.allclose(found[2], torch.full((2,), 0.5))
    assert classify_masks(features, masks[:0], texts).shape == (0, 2)


def cloud(*corners, count=150):
    rng = np.random.default_rng(0)
    return np.concatenate([np.array(corner) + 0.5 * rng.random((count, 3)) for corner in corners])


def test_objects_are_parts_that_touch():
    xyz = cloud((0, 0, 0), (2, 0, 0), (0.45, 0, 0), (9, 9, 9))
    labels = np.repeat([3, 3, 3, 1], 150)
    found = group_instances(xyz, labels, things=[3], cell=0.2)
    assert found.masks.sum(1).tolist() == [300, 150] and found.labels.tolist() == [3, 3]
    assert found.scores.tolist() == [1, 0.5]
    assert len(group_instances(xyz, labels, things=[1, 3], cell=0.2)) == 3
    assert len(group_instances(xyz, labels, things=[7])) == 0
    assert len(group_instances(xyz, labels, things=[3], cell=0.2, least=200)) == 1


def test_labels_of_other_points():
    with pytest.raises(DataError, match='2 labels for 3 points'):
        group_instances(np.zeros((3, 3)), np.zeros(2), [0])


def test_gaussians_take_the_features_of_near_points():
    xyz, features = torch.tensor([[0.0, 0, 0], [1, 0, 0]]), torch.tensor([[1.0], [2]])
    values, near = features_at(torch.tensor([[0.9, 0, 0], [0.5, 3, 0]]), xyz, features, reach=0.2)
    assert values.tolist() == [[2], [0]] and near.tolist() == [True, False]


def test_heat():
    colors = heat_colors(np.linspace(-1, 1, 101))
    assert colors.dtype == np.uint8 and colors[-1, 0] > colors[-1, 2] and colors[0, 2] > colors[0, 1]
    assert heat_colors(np.zeros(5)).shape == (5, 3)
    sample = lifted_sample()
    values = np.random.default_rng(0).random((2, len(sample.scene)))
    picture = draw_heat(sample, values, ['a chair', 'a table'], size=(160, 120))
    assert picture.ndim == 3 and picture.dtype == np.uint8 and picture.shape[1] > 300
