import pytest
import torch

from uniseg3d.structures import MaskOutput, QuerySet
from uniseg3d.utils.errors import DataError


def queries(count: int, start: int = 0) -> QuerySet:
    return QuerySet(torch.randn(count, 4), {'only': count}, torch.arange(start, start + count))


def test_groups_stand_together_in_their_order():
    joined = QuerySet.join({'scene': queries(3), 'clicks': queries(0), 'texts': queries(2, start=7)})
    assert len(joined) == 5
    assert [joined.rows(name) for name in ('scene', 'clicks', 'texts')] == [slice(0, 3), slice(3, 3), slice(3, 5)]
    assert joined.superpoint.tolist() == [0, 1, 2, 7, 8]
    assert len(joined.superpoint[joined.rows('nobody')]) == 0


def test_some_groups_alone():
    joined = QuerySet.join({'scene': queries(3), 'clicks': queries(1, start=5), 'texts': queries(2, start=7)})
    assert joined.only('texts', 'clicks').counts == {'clicks': 1, 'texts': 2}
    assert joined.only('texts', 'clicks').superpoint.tolist() == [5, 7, 8]
    assert torch.equal(joined.only('scene').features, joined.features[:3])
    assert len(joined.only('nobody')) == 0


def test_counts_must_add_up():
    with pytest.raises(DataError, match='add up to 3, but there are 2'):
        QuerySet(torch.zeros(2, 4), {'scene': 3}, torch.zeros(2, dtype=torch.long))


def test_an_output_is_cut_by_rows():
    output = MaskOutput(torch.randn(5, 7), torch.randn(5, 4), ious=torch.rand(5))
    part = output.select(slice(1, 3))
    assert len(part) == 2 and part.classes is None
    assert torch.equal(part.masks, output.masks[1:3]) and torch.equal(part.ious, output.ious[1:3])


def test_an_output_refuses_another_number_of_queries():
    with pytest.raises(DataError, match=r'MaskOutput.classes: expected shape \(5, any\), got \(4, 3\)'):
        MaskOutput(torch.randn(5, 7), torch.randn(5, 4), classes=torch.randn(4, 3))


def test_logits_of_superpoints_stay_whole():
    output = MaskOutput(torch.randn(5, 7), torch.randn(5, 4), superpoints=torch.randn(7, 3))
    assert torch.equal(output.select(slice(1, 3)).superpoints, output.superpoints)
    with pytest.raises(DataError, match=r'MaskOutput.superpoints: expected shape \(7, any\)'):
        MaskOutput(torch.randn(5, 7), torch.randn(5, 4), superpoints=torch.randn(5, 3))
