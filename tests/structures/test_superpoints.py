import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from uniseg3d.structures import Superpoints
from uniseg3d.utils.errors import DataError


def partition(seed, count, kinds):
    ids = torch.randint(0, kinds, (count,), generator=torch.Generator().manual_seed(seed))
    return torch.unique(ids, return_inverse=True)[1]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 50), st.integers(1, 9))
def test_means_and_majorities_equal_loops(seed, count, kinds):
    ids = partition(seed, count, kinds)
    superpoints = Superpoints(ids)
    values = torch.rand(count, 4, generator=torch.Generator().manual_seed(seed + 1))
    expected = torch.stack([values[ids == m].mean(0) for m in range(len(superpoints))])
    torch.testing.assert_close(superpoints.mean(values), expected)
    masks = values.T > 0.5
    majority = torch.stack([masks[:, ids == m].float().mean(1) > 0.5 for m in range(len(superpoints))], dim=1)
    assert torch.equal(superpoints.majority(masks), majority)
    assert superpoints.sizes.sum() == count


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 50), st.integers(1, 9))
def test_expanding_and_averaging_give_the_values_back(seed, count, kinds):
    superpoints = Superpoints(partition(seed, count, kinds))
    values = torch.arange(len(superpoints))
    assert torch.equal(superpoints.mean(superpoints.expand(values)), values.float())
    assert superpoints.expand(torch.rand(3, 2, len(superpoints))).shape == (3, 2, count)


def test_half_is_no_majority():
    assert not Superpoints(torch.tensor([0, 0])).majority(torch.tensor([[True, False]])).any()


@pytest.mark.parametrize(
    ('ids', 'message'),
    [([0, 2], 'ids from 0 to 2 with gaps'), ([-1, 0], 'ids from -1 to 0'), ([10**12], 'gaps'), ([], 'empty')],
)
def test_gaps_negative_ids_and_emptiness_are_refused(ids, message):
    with pytest.raises(DataError, match=message):
        Superpoints(torch.tensor(ids, dtype=torch.long))


def test_one_single_superpoint_and_all_separate_are_fine():
    assert len(Superpoints(torch.zeros(5, dtype=torch.long))) == 1
    assert len(Superpoints.of_points(5)) == 5
    assert torch.equal(Superpoints.of_points(3).mean(torch.tensor([1.0, 2.0, 3.0])), torch.tensor([1.0, 2.0, 3.0]))
