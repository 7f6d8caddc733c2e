"""Predictions survive their file, and damage is named."""

import numpy as np
import pytest
import torch

from uniseg3d.io.predictions import read_prediction, write_prediction
from uniseg3d.structures import MaskSet, PanopticMap, Prediction, Superpoints
from uniseg3d.utils.errors import FileFormatError


def some_masks(rows: int, superpoints: int, probabilities: bool = False) -> MaskSet:
    generator = torch.Generator().manual_seed(rows)
    return MaskSet(
        torch.rand(rows, superpoints, generator=generator) > 0.5,
        torch.rand(rows, generator=generator),
        torch.arange(rows) - 1,
        torch.rand(rows, 4, generator=generator) if probabilities else None,
    )


def full_prediction(superpoints: int = 13) -> Prediction:
    ids = torch.cat([torch.arange(superpoints), torch.randint(superpoints, (50,))])
    labels = torch.arange(superpoints)
    return Prediction(
        'scene0000_00',
        Superpoints(ids),
        semantic=labels % 5,
        instances=some_masks(3, superpoints, probabilities=True),
        panoptic=PanopticMap(labels % 3, labels % 4),
        clicks=some_masks(0, superpoints),
        texts=None,
        objects=some_masks(4, superpoints),
        named=some_masks(2, superpoints),
        click_rounds=torch.rand(3, 2, superpoints) > 0.5,
    )


def same(a, b) -> bool:
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and torch.equal(a, b)
    if hasattr(a, '__dataclass_fields__'):
        return all(same(getattr(a, name), getattr(b, name)) for name in a.__dataclass_fields__)
    return a == b


@pytest.mark.parametrize('superpoints', [1, 8, 13])
def test_everything_comes_back(tmp_path, superpoints):
    prediction = full_prediction(superpoints)
    write_prediction(tmp_path / 'a b' / 'scene é.npz', prediction)
    again = read_prediction(tmp_path / 'a b' / 'scene é.npz')
    assert same(again, prediction)
    assert again.texts is None
    assert len(again.clicks) == 0


def test_masks_cost_a_bit_each(tmp_path):
    prediction = Prediction('x', Superpoints.of_points(800), instances=some_masks(100, 800))
    write_prediction(tmp_path / 'x.npz', prediction)
    assert (tmp_path / 'x.npz').stat().st_size < 100 * 800 / 8 + 6000


def test_damage_is_named(tmp_path):
    path = tmp_path / 'x.npz'
    write_prediction(path, full_prediction())
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(FileFormatError, match=r'x\.npz is damaged or holds no prediction'):
        read_prediction(path)
    np.savez(path, schema='something-else')
    with pytest.raises(FileFormatError, match='has schema something-else; expected uniseg3d-prediction-1'):
        read_prediction(path)
    np.savez(path, schema='uniseg3d-prediction-1')
    with pytest.raises(FileFormatError, match='is damaged'):
        read_prediction(path)
    with pytest.raises(FileFormatError, match='does not exist'):
        read_prediction(tmp_path / 'absent.npz')
