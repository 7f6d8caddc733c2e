"""Numbering of superpoints."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uniseg3d.superpoints import relabel
from uniseg3d.utils.errors import DataError


def test_negative_ids_and_gaps_become_consecutive_in_order() -> None:
    assert relabel(np.array([7, -3, 7, 100, -3, 0])).tolist() == [2, 0, 2, 3, 0, 1]


@given(st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=50))
def test_partition_and_order_survive(ids: list[int]) -> None:
    new = relabel(np.array(ids, dtype=np.int64))
    assert new.dtype == np.int64
    assert sorted(set(new.tolist())) == list(range(len(set(ids))))
    assert [sorted(set(ids))[i] for i in new] == ids
    assert np.array_equal(relabel(new), new)


@pytest.mark.parametrize('dtype', [np.int8, np.uint8, np.int32, np.uint64])
def test_the_whole_range_of_a_type(dtype: type) -> None:
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    assert relabel(np.array([high, low, high - 1] * 50, dtype)).tolist() == [2, 0, 1] * 50


@pytest.mark.parametrize('ids', [np.zeros(0, int), np.zeros((2, 2), int), np.array([0.0, 1.0])])
def test_other_than_one_integer_per_point_is_an_error(ids: np.ndarray) -> None:
    with pytest.raises(DataError, match='one integer per point'):
        relabel(ids)
