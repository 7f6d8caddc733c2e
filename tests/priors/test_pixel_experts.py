"""Maps of features and of sentences, and what lifting makes of them."""

import pytest
import torch

from uniseg3d.geometry.projection import Sightings
from uniseg3d.priors.lifting import ViewAverage
from uniseg3d.priors.pixel_experts import DenseMap, IndexedMap, cell_of
from uniseg3d.utils.errors import DataError

TABLE = torch.tensor([[1.0, 0], [0, 2.0], [3.0, 3.0]])
IDS = torch.tensor([[0, 1, 2], [2, -1, 0]])
SEEN = Sightings(*torch.tensor([[0, 0, 1, 2], [0, 1, 0, 0], [0, 2, 1, 1], [1, 0, 0, 2]]).T, views=2, points=3)


def as_dense(ids):
    rows = TABLE[ids.clamp(min=0)] * (ids >= 0)[..., None]
    return DenseMap(rows.permute(2, 0, 1))


def lifted(maps, size=None):
    average = ViewAverage(SEEN, 2, size)
    for view, shown in enumerate(maps):
        average.add(view, shown)
    return average.mean()


def test_both_kinds_of_maps_say_the_same():
    cells = torch.arange(6)
    indexed, dense = IndexedMap(IDS, TABLE), as_dense(IDS)
    assert indexed.size == dense.size == (2, 3)
    assert torch.equal(indexed.at(cells), dense.at(cells))
    texts = torch.tensor([[1.0, 0], [0, 1.0]])
    assert torch.equal(indexed.classes(texts), dense.classes(texts))


def test_lifting_does_not_tell_them_apart():
    other = IDS.flip(1)
    indexed = lifted([IndexedMap(IDS, TABLE), IndexedMap(other, TABLE)])
    dense = lifted([as_dense(IDS), as_dense(other)])
    assert torch.equal(indexed.seen, dense.seen)
    torch.testing.assert_close(indexed.features, dense.features)
    mixed = lifted([IndexedMap(IDS, TABLE), as_dense(other)])
    torch.testing.assert_close(mixed.features, dense.features)


def test_coarse_maps_cover_the_photo():
    row, column = torch.tensor([0, 3, 3]), torch.tensor([0, 5, 2])
    assert cell_of(row, column, (4, 6), (2, 3)).tolist() == [0, 5, 4]
    assert cell_of(row, column, (4, 6), (4, 6)).tolist() == [0, 23, 20]
    coarse = lifted([IndexedMap(torch.tensor([[0]]), TABLE)] * 2, size=(2, 3))
    assert coarse.features.tolist() == [[1, 0]] * 3


def test_ids_outside_the_table():
    with pytest.raises(DataError, match='table of 3'):
        IndexedMap(torch.tensor([[3]]), TABLE)


def test_sentences_that_are_not_finite():
    average = ViewAverage(SEEN, 2)
    average.add(0, IndexedMap(IDS, TABLE * torch.nan))
    with pytest.raises(DataError, match='not finite'):
        average.mean()


def test_a_map_of_another_width():
    with pytest.raises(DataError, match='3 channels, expected 2'):
        ViewAverage(SEEN, 2).add(0, IndexedMap(IDS, torch.zeros(3, 3)))
