"""Every back end against dense convolution in float64: results and both gradients, on random shapes."""

from collections.abc import Callable

import pytest
import torch
from dense_reference import READY, assert_same, at_voxels, dense_convolution, dense_weight, random_level, to_dense, types_of
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from uniseg3d.ops.sparse import Level, NeighbourTable, centred_window, sparse_convolution, strided_window
from uniseg3d.ops.sparse.backend import load_backend
from uniseg3d.ops.sparse.window import Window
from uniseg3d.utils.errors import DataError

CASES = [(backend, dtype) for backend in READY for dtype in types_of(backend)]
extents = st.tuples(*[st.integers(1, 9)] * 3)
channels = st.sampled_from([1, 3, 6, 16, 17, 33, 48])
seeds = st.integers(0, 2**31)


def compare(
    level: Level,
    table: NeighbourTable,
    transposed: NeighbourTable | None,
    exact: Callable[[Tensor, Tensor], Tensor],
    sizes: tuple[int, int, int],
    seed: int,
) -> None:
    """One layer on every back end and type: forward, gradient of the features, gradient of the weight."""
    volume, cin, cout = sizes
    random = torch.Generator().manual_seed(seed)
    inputs = torch.randn(table.source_count, cin, generator=random, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(volume, cin, cout, generator=random, dtype=torch.float64, requires_grad=True)
    expected = exact(inputs, weight)
    grad = torch.randn(expected.shape, generator=random, dtype=torch.float64)
    to_inputs, to_weight = torch.autograd.grad(expected, (inputs, weight), grad, allow_unused=True, materialize_grads=True)
    for backend, dtype in CASES:
        x, w = (t.detach().to(dtype).requires_grad_() for t in (inputs, weight))
        out = sparse_convolution(x, w, table, transposed, backend)
        out.backward(grad.to(dtype))
        for ours, theirs, what in ((out, expected, 'forward'), (x.grad, to_inputs, 'features'), (w.grad, to_weight, 'weight')):
            assert_same(ours, theirs, f'{what} of {backend} in {dtype}, {len(level)} voxels')


@settings(max_examples=25, deadline=None)
@given(
    extents,
    st.integers(1, 2),
    st.floats(0, 1),
    st.sampled_from([1, 3, (3, 1, 5)]),
    st.integers(1, 2),
    channels,
    channels,
    seeds,
)
def test_submanifold(shape, batch, share, size, dilation, cin, cout, seed) -> None:
    level, window = random_level(seed, shape, batch, share), centred_window(size, dilation)
    compare(
        level,
        level.neighbours(window),
        None,
        lambda x, w: dense_convolution(x, w, window, level, level),
        (window.volume, cin, cout),
        seed,
    )


STRIDED = [(2, 2, 0, 1), (3, 2, 1, 1), (3, 3, 0, 1), (2, 1, 0, 2), ((1, 2, 3), (1, 2, 2), (0, 1, 1), 1), (3, 1, 1, 1)]


def made_by(level: Level, window: Window, odd_plane: str):
    try:
        return level.strided(window, odd_plane)
    except DataError:
        assert odd_plane == 'drop' or window.dilation != (1, 1, 1) or min(level.spatial_shape) < max(window.size)
        return None


@settings(max_examples=25, deadline=None)
@given(
    extents,
    st.integers(1, 2),
    st.floats(0, 1),
    st.sampled_from(STRIDED),
    st.sampled_from(['keep', 'drop']),
    channels,
    channels,
    seeds,
)
def test_strided_and_inverse(shape, batch, share, geometry, odd_plane, cin, cout, seed) -> None:
    level, window = random_level(seed, shape, batch, share), strided_window(*geometry)
    made = made_by(level, window, odd_plane)
    if made is None:
        return
    sizes = (window.volume, cin, cout)
    compare(level, made.down, made.up, lambda x, w: dense_convolution(x, w, window, level, made.level), sizes, seed)
    compare(level, made.up, made.down, lambda x, w: dense_inverse(x, w, window, made.level, level), sizes, seed)


def dense_inverse(features: Tensor, matrices: Tensor, window: Window, coarse: Level, fine: Level) -> Tensor:
    weight = dense_weight(matrices, window).transpose(0, 1)
    dense = torch.nn.functional.conv_transpose3d(
        to_dense(features, coarse), weight, None, window.stride, 0, 0, 1, window.dilation
    )
    low = window.padding
    dense = dense[:, :, low[0] :, low[1] :, low[2] :]
    missing = [max(n - m, 0) for n, m in zip(fine.spatial_shape, dense.shape[2:], strict=True)]
    return at_voxels(torch.nn.functional.pad(dense, (0, missing[2], 0, missing[1], 0, missing[0])), fine)


@settings(max_examples=15, deadline=None)
@given(extents, st.integers(1, 2), st.floats(0, 0.4), st.sampled_from([(2, 2), (3, 2), (3, 1)]), channels, channels, seeds)
def test_generative_transposed(shape, batch, share, geometry, cin, cout, seed) -> None:
    level, window = random_level(seed, shape, batch, share), strided_window(*geometry)
    made = level.transposed(window)
    reached = to_dense(torch.ones(len(made.level), 1), made.level)
    ones = torch.nn.functional.conv_transpose3d(
        to_dense(torch.ones(len(level), 1), level), torch.ones(1, 1, *window.size, dtype=torch.float64), stride=window.stride
    )
    assert torch.equal(reached > 0, ones > 0), 'exactly the cells that a voxel reaches'
    compare(
        level, made.down, made.up, lambda x, w: dense_inverse(x, w, window, level, made.level), (window.volume, cin, cout), seed
    )


@pytest.mark.parametrize(('cin', 'cout'), [(16, 32), (72, 32), (16, 72)])
def test_many_voxels(cin: int, cout: int) -> None:
    """Beyond the block sizes of every engine."""
    level, window = random_level(5, (30, 26, 25), 1, 0.5), centred_window(3)
    assert len(level) > 8192
    sizes = (window.volume, cin, cout)
    compare(level, level.neighbours(window), None, lambda x, w: dense_convolution(x, w, window, level, level), sizes, 7)


def test_analytic_gradients() -> None:
    level, window = random_level(3, (4, 5, 3), 2, 0.5), centred_window(3)
    table, made = level.neighbours(window), level.strided(strided_window(2, 2))
    x = torch.randn(len(level), 3, dtype=torch.float64, requires_grad=True)
    weights = [torch.randn(n, 3, 2, dtype=torch.float64, requires_grad=True) for n in (27, 8)]
    assert torch.autograd.gradcheck(lambda x, w: sparse_convolution(x, w, table), (x, weights[0]))
    assert torch.autograd.gradcheck(lambda x, w: sparse_convolution(x, w, made.down, made.up), (x, weights[1]))


@pytest.mark.parametrize('backend', READY)
def test_strided_memory_and_partial_gradients(backend: str) -> None:
    level = random_level(4, (6, 6, 6), 1, 0.4)
    table = level.neighbours(centred_window(3))
    x, w = torch.randn(len(level), 40)[:, ::2], torch.randn(27, 24, 20).transpose(1, 2)
    assert not x.is_contiguous() and not w.is_contiguous()
    plain = sparse_convolution(x.contiguous(), w.contiguous(), table, backend=backend)
    assert torch.allclose(sparse_convolution(x, w, table, backend=backend), plain, atol=1e-5)
    frozen = w.clone().requires_grad_(False)
    x = x.clone().requires_grad_()
    sparse_convolution(x, frozen, table, backend=backend).sum().backward()
    assert x.grad is not None and frozen.grad is None


@pytest.mark.parametrize('backend', READY)
def test_what_is_not_finite_stays_with_its_neighbours(backend: str) -> None:
    coords = torch.tensor([[0, 0, 0, z] for z in range(40)], dtype=torch.int32)
    table = Level(coords).neighbours(centred_window(3))
    x = torch.ones(40, 16)
    x[10], x[30] = float('nan'), float('inf')
    out = sparse_convolution(x, torch.ones(27, 16, 16), table, backend=backend)[:, 0]
    assert out[9:12].isnan().all() and out[29:32].isposinf().all()
    rest = torch.ones(40, dtype=torch.bool)
    rest[9:12] = rest[29:32] = False
    assert torch.isfinite(out[rest]).all()


@pytest.mark.parametrize('cout', [8, 72])
@pytest.mark.parametrize('kind', [torch.bfloat16, torch.float16])
def test_half_types_sum_in_float32(kind: torch.dtype, cout: int) -> None:
    level = random_level(6, (8, 8, 8), 1, 0.9)
    table = level.neighbours(centred_window(3))
    x, w = torch.randn(len(level), 32).to(kind), torch.randn(27, 32, cout).to(kind)
    grad = torch.randn(len(level), cout).to(kind)
    engine = load_backend('torch')
    exact = engine.convolve(x.double(), w.double(), table), engine.weight_gradient(x.double(), grad.double(), table)
    ours = engine.convolve(x, w, table), engine.weight_gradient(x, grad, table)
    for result, reference in zip(ours, exact, strict=True):
        assert result.dtype == kind
        assert float((result.double() - reference).abs().max() / reference.abs().max()) < 2 * torch.finfo(kind).eps


def test_autocast_computes_in_the_half_type() -> None:
    level = random_level(6, (5, 5, 5), 1, 0.5)
    x = torch.randn(len(level), 4, requires_grad=True)
    w = torch.randn(27, 4, 4, requires_grad=True)
    with torch.autocast('cpu', torch.bfloat16):
        out = sparse_convolution(x, w, level.neighbours(centred_window(3)))
    assert out.dtype == torch.bfloat16
    out.float().sum().backward()
    assert x.grad.dtype == w.grad.dtype == torch.float32


def table_of_five() -> NeighbourTable:
    return Level(torch.tensor([[0, 0, 0, z] for z in range(5)], dtype=torch.int32)).neighbours(centred_window(3))


@pytest.mark.parametrize(
    ('features', 'weight', 'message'),
    [
        (torch.ones(4, 2), torch.ones(27, 2, 2), r'features have shape \[4, 2\]'),
        (torch.ones(5, 3), torch.ones(27, 2, 2), r'expect \[5, 2\]'),
        (torch.ones(5, 2), torch.ones(8, 2, 2), r'expected \[27, Cin, Cout\]'),
        (torch.ones(5, 0), torch.ones(27, 0, 2), 'none of them 0'),
        (torch.ones(5, 2, dtype=torch.float64), torch.ones(27, 2, 2), 'one floating-point type'),
        (torch.ones(5, 2, dtype=torch.int32), torch.ones(27, 2, 2, dtype=torch.int32), 'one floating-point type'),
        (torch.ones(5, 2, device='meta'), torch.ones(27, 2, 2), 'on the meta device, where there are no numbers'),
    ],
)
def test_wrong_input_is_named(features: Tensor, weight: Tensor, message: str) -> None:
    with pytest.raises(DataError, match=message):
        sparse_convolution(features, weight, table_of_five())


def test_tables_between_levels_need_their_transpose() -> None:
    made = random_level(1, (5, 5, 5), 1, 0.5).strided(strided_window(2, 2))
    x, w = torch.ones(made.down.source_count, 2), torch.ones(8, 2, 2)
    with pytest.raises(DataError, match='needs its transpose'):
        sparse_convolution(x, w, made.down)
    assert torch.equal(made.down.transpose().rows, made.up.rows)
    assert torch.equal(made.up.transpose().rows, made.down.rows)
    with pytest.raises(DataError, match='neighbour table'):
        NeighbourTable(torch.zeros(8, 5), 5)
