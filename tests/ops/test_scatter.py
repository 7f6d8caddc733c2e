"""Segment reductions against loops over the segments, forward and backward."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

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


@pytest.mark.parametrize('reduce', [*TWINS, lambda values, ids, count: thin_segments(ids, count, 1)])
@pytest.mark.parametrize(
    'ids',
    [torch.tensor([0.0, 1.0, 1.0]), torch.tensor([True] * 3), torch.zeros(3, 1, dtype=torch.long), torch.tensor([0, 0, 9])],
)
def test_ids_of_another_kind_are_refused(reduce, ids):
    for values in (torch.zeros(3, 2), torch.zeros(3, 2).bfloat16()):
        with pytest.raises(DataError, match=r'segment ids|values are'):
            reduce(values, ids, 2)


@pytest.mark.parametrize('reduce', TWINS)
@pytest.mark.parametrize(
    ('values', 'count'),
    [
        (torch.zeros(3), 2),
        (torch.zeros(3, 2, 1), 2),
        (torch.zeros(3, 2, dtype=torch.bool), 2),
        (torch.zeros(3, 2, device='meta'), 2),
        (torch.zeros(3, 2), -1),
        (torch.zeros(3, 2), 0),
        (torch.zeros(3, 2), 2.5),
        (torch.zeros(3, 2), '2'),
        (torch.zeros(3, 2).numpy(), 2),
        (torch.zeros(3, 2).to_sparse(), 2),
    ],
)
def test_values_that_do_not_fit_are_refused(reduce, values, count):
    with pytest.raises(DataError, match='expected'):
        reduce(values, torch.zeros(3, dtype=torch.long), count)


@pytest.mark.parametrize('reduce', TWINS)
def test_views_that_flip_signs_are_read_as_what_they_say(reduce):
    values, ids = torch.tensor([[1.0, -2.0], [3.0, 4.0], [5.0, -6.0]]), torch.tensor([0, 0, 1])
    flipped = torch._neg_view(values).requires_grad_()
    out = reduce(flipped, ids, 2)
    assert torch.equal(out, reduce(-values, ids, 2))
    out.backward(torch._neg_view(torch.ones_like(out)))
    assert float(flipped.grad.sum()) == {'segment_max': -4, 'segment_mean': -4, 'segment_sum': -6}[reduce.__name__]


def test_means_of_integers_are_refused():
    ids = torch.tensor([0, 0, 1])
    values = torch.tensor([[1], [2], [5]])
    assert segment_sum(values, ids, 2).tolist() == [[3], [5]] and segment_max(values, ids, 2).tolist() == [[2], [5]]
    with pytest.raises(DataError, match='a mean needs a floating-point type'):
        segment_mean(values, ids, 2)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(list(TWINS)),
    st.sampled_from([torch.float32, torch.float64, torch.bfloat16, torch.float16]),
    st.integers(0, 30),
    st.integers(0, 5),
    st.integers(1, 8),
    st.booleans(),
    st.integers(0, 99),
)
def test_any_shape_and_type_equals_the_loop(reduce, dtype, rows, channels, count, strided, seed):
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(0, count, (2 * rows,), generator=generator)[::2]
    values = torch.randn(rows, channels, generator=generator).mul(4).round().to(dtype)
    fast = (values.t().contiguous().t() if strided else values.clone()).requires_grad_()
    slow = values.clone().requires_grad_()
    got, expected = reduce(fast, ids, count), reduce_by_loop(slow, ids, count, TWINS[reduce])
    torch.testing.assert_close(got, expected)
    if rows:
        for out in (got, expected):
            out.float().square().sum().backward()
        torch.testing.assert_close(fast.grad, slow.grad)
