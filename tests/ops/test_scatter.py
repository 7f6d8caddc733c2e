"""Segment reductions against loops over the segments, forward and backward."""

import pytest
import torch

from uniseg3d.ops.scatter import segment_max, segment_mean, segment_sum, thin_segments
from uniseg3d.utils.errors import DataError

COUNT = 7


def reduce_by_loop(values, ids, count, how):
    empty = values.new_zeros(values.shape[1])
    return torch.stack([how(values[ids == s]) if (ids == s).any() else empty for s in range(count)])


TWINS = {
    segment_sum: lambda rows: rows.sum(0),
    segment_mean: lambda rows: rows.mean(0),
    segment_max: lambda rows: rows.amax(0),  # torch shares the gradient among equal maxima too
}


@pytest.fixture
def segments():
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(0, COUNT, (60,), generator=generator)
    ids[ids == 3] = 4  # an empty segment
    values = torch.randn(60, 5, generator=generator, dtype=torch.float64)
    values[::4] = values[::4].round()  # some equal maxima
    return values, ids


@pytest.mark.parametrize('reduce', TWINS, ids=lambda f: f.__name__)
def test_values_and_gradients_equal_the_loop(reduce, segments):
    values, ids = segments
    fast, slow = values.clone().requires_grad_(), values.clone().requires_grad_()
    weight = torch.arange(COUNT * 5, dtype=values.dtype).reshape(COUNT, 5)
    got, expected = reduce(fast, ids, COUNT), reduce_by_loop(slow, ids, COUNT, TWINS[reduce])
    torch.testing.assert_close(got, expected)
    (got * weight).sum().backward()
    (expected * weight).sum().backward()
    torch.testing.assert_close(fast.grad, slow.grad)


@pytest.mark.parametrize('reduce', TWINS, ids=lambda f: f.__name__)
def test_gradients_are_numerically_right(reduce):
    values = torch.randn(12, 2, dtype=torch.float64, requires_grad=True)
    ids = torch.tensor([0, 0, 1, 1, 1, 4, 4, 2, 2, 2, 0, 4])
    assert torch.autograd.gradcheck(lambda v: reduce(v, ids, 5), (values,))


def test_ties_share_the_gradient():
    values = torch.tensor([[2.0], [2.0], [1.0]], requires_grad=True)
    segment_max(values, torch.zeros(3, dtype=torch.long), 1).sum().backward()
    assert values.grad.squeeze(1).tolist() == [0.5, 0.5, 0.0]


@pytest.mark.parametrize('reduce', TWINS, ids=lambda f: f.__name__)
@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
def test_strided_rows_of_any_precision(reduce, dtype, segments):
    values = segments[0].to(dtype).t().contiguous().t().requires_grad_()  # columns lie together
    got = reduce(values, segments[1], COUNT)
    expected = reduce_by_loop(values.detach(), segments[1], COUNT, TWINS[reduce])
    torch.testing.assert_close(got, expected)
    got.sum().backward()  # an expanded gradient without memory of its own
    assert values.grad.dtype == dtype and values.grad.isfinite().all()


def test_nan_is_not_hidden():
    values = torch.tensor([[1.0], [float('nan')], [2.0], [5.0]])
    ids = torch.tensor([0, 0, 0, 1])
    for reduce in TWINS:
        assert reduce(values, ids, 2).isnan().squeeze(1).tolist() == [True, False]


@pytest.mark.parametrize('reduce', TWINS, ids=lambda f: f.__name__)
@pytest.mark.parametrize('ids', [[0, 1, 2], [0, -1, 1], [0, 1]])
def test_ids_that_do_not_fit_are_refused(reduce, ids):
    with pytest.raises(DataError, match='segment ids'):
        reduce(torch.zeros(3, 2), torch.tensor(ids), 2)


def test_half_precision_mean_is_accumulated_in_float():
    values = torch.ones(5000, 1, dtype=torch.bfloat16, requires_grad=True)
    mean = segment_mean(values, torch.zeros(5000, dtype=torch.long), 1)
    assert mean.dtype == torch.bfloat16 and mean.item() == 1.0
    mean.sum().backward()
    assert values.grad.dtype == torch.bfloat16


def test_no_rows_give_zeros():
    for reduce in TWINS:
        assert reduce(torch.zeros(0, 3), torch.zeros(0, dtype=torch.long), 2).tolist() == [[0.0] * 3] * 2


def test_thinning_keeps_small_segments_and_spreads_over_large_ones():
    ids = torch.tensor([1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 3])
    rows = thin_segments(ids, 4, limit=4)
    assert ids[rows].tolist() == [0, 0, 1, 1, 1, 1, 3]
    members = torch.nonzero(ids == 1).squeeze(1)  # 8 of them: every second one stays
    assert rows[2:6].tolist() == members[::2].tolist()


def test_thinning_with_a_high_limit_keeps_everything():
    ids = torch.randint(0, 5, (40,))
    assert sorted(thin_segments(ids, 5, limit=40).tolist()) == list(range(40))
