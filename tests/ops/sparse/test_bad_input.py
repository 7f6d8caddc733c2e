"""Every back end on the smallest and the strangest input: right, or refused with a sentence; never a crash, never garbage."""

import numpy as np
import pytest
import torch
from dense_reference import READY, assert_same, random_level
from hypothesis import given, settings
from hypothesis import strategies as st

from uniseg3d.ops.sparse import (
    Level,
    NeighbourTable,
    SparseConv3d,
    SparseConvTranspose3d,
    SparseInverseConv3d,
    SparsePool3d,
    SparseSequential,
    SparseTensor,
    SubMConv3d,
    centred_window,
    sparse_convolution,
    strided_window,
    use_backend,
)
from uniseg3d.ops.sparse.window import Window
from uniseg3d.utils.errors import ConfigError, DataError, UniSeg3DError

CUBE = centred_window(3)
FAR = 2**31 - 2  # the largest coordinate whose extent an int32 holds


def voxels(*rows: tuple[int, int, int, int]) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.int32)


def table_of(*rows: list[int], sources: int) -> NeighbourTable:
    return NeighbourTable(torch.tensor(rows, dtype=torch.int32).view(len(rows), -1), sources)


@pytest.mark.parametrize('backend', READY)
@pytest.mark.parametrize(('sources', 'targets'), [(0, 0), (0, 3), (3, 0), (3, 3)])
def test_no_row_and_no_neighbour(backend: str, sources: int, targets: int) -> None:
    """Nothing to read gives zeros, nothing to write gives nothing, and gradients are zeros of the right shape."""
    down, up = (
        NeighbourTable(torch.full((8, n), -1, dtype=torch.int32), m) for n, m in ((targets, sources), (sources, targets))
    )
    x, w = torch.ones(sources, 3, requires_grad=True), torch.ones(8, 3, 2, requires_grad=True)
    out = sparse_convolution(x, w, down, up, backend)
    assert out.tolist() == [[0.0, 0.0]] * targets
    out.sum().backward()
    assert x.grad.tolist() == [[0.0] * 3] * sources and not w.grad.any()


@pytest.mark.parametrize('backend', READY)
@pytest.mark.parametrize('where', [(0, 0, 0, 0), (3, 5, 0, 9), (0, FAR, FAR, FAR)])
def test_one_voxel_meets_itself(backend: str, where: tuple[int, int, int, int]) -> None:
    x, w = torch.randn(1, 5, requires_grad=True), torch.randn(27, 5, 4, requires_grad=True)
    out = sparse_convolution(x, w, Level(voxels(where)).neighbours(CUBE), backend=backend)
    assert_same(out, x.double() @ w[13].double(), backend)
    out.sum().backward()
    assert torch.allclose(x.grad[0], w.detach()[13].sum(1)) and w.grad.any(2).any(1).nonzero().flatten().tolist() == [13]


@pytest.mark.parametrize('backend', READY)
def test_one_voxel_through_every_layer(backend: str) -> None:
    tensor = SparseTensor.from_coords(torch.ones(1, 3), voxels((0, 1, 1, 1)))
    with use_backend(backend):
        for layer in (SubMConv3d(3, 2, 1), SparsePool3d('mean'), SparsePool3d('max', 3, 2, 1), SparseConvTranspose3d(3, 2)):
            assert layer(tensor).features.isfinite().all()
        assert SparseInverseConv3d(2, 3)(SparseConv3d(3, 2)(tensor)).coords.tolist() == [[0, 1, 1, 1]]
        with pytest.raises(DataError, match='no voxel is left'):
            SparseConv3d(3, 2, 2, 2, odd_plane='drop')(SparseTensor.from_coords(torch.ones(1, 3), voxels((0, 0, 0, 0))))


@pytest.mark.parametrize('backend', READY)
@pytest.mark.parametrize('size', [1, 3])
def test_types_are_computed_or_refused(backend: str, size: int) -> None:
    """A layer of one type fed with another is refused; a type that an engine cannot compute is, too."""
    level = random_level(1, (4, 4, 4), 1, 0.5)
    for kind in (torch.float64, torch.float16, torch.bfloat16):
        tensor = SparseTensor(torch.ones(len(level), 3, dtype=kind), level)
        with pytest.raises(DataError, match='expected one'):
            SubMConv3d(3, 2, size, backend=backend)(tensor)
        try:
            out = SubMConv3d(3, 2, size, backend=backend).to(kind)(tensor).features
        except ConfigError as error:
            assert 'cannot be used' in str(error)
        else:
            assert out.dtype == kind and out.isfinite().all()


@pytest.mark.parametrize(('low', 'high'), [(-2, 1), (0, 4)])
def test_tables_that_name_rows_that_are_not_there(low: int, high: int) -> None:
    """A C kernel would read somebody else's memory."""
    with pytest.raises(DataError, match=f'names rows {low} to {high}; expected 0 to 3'):
        table_of([low, high], sources=4)
    with pytest.raises(DataError, match=r'expected torch.int32 \[offsets, rows\]'):
        NeighbourTable(torch.zeros(0, 4, dtype=torch.int32), 4)


def test_tables_without_or_with_a_wrong_transpose() -> None:
    twice = table_of([0, 0], sources=2)
    with pytest.raises(DataError, match='has no transpose'):
        twice.transpose()
    with pytest.raises(DataError, match='not of the same two levels'):
        sparse_convolution(torch.ones(2, 1), torch.ones(1, 1, 1), twice, table_of([0, 0, 0], sources=2))


@pytest.mark.parametrize(
    ('coords', 'shape', 'message'),
    [
        ([[0, 0, 0, 0]], None, 'are a list'),
        (voxels((0, 0, 0, 0)).to('meta'), None, 'are on the meta device'),
        (voxels((0, 0, 0, 0)).to_sparse(), None, 'layout torch.sparse_coo'),
        (voxels((0, 0, 0, 0)), (3, 3), r'spatial_shape is \(3, 3\); expected three'),
        (voxels((0, 0, 0, 0)), (3, 3, 3, 3), 'expected three'),
        (voxels((0, 0, 0, 0)), 3, 'spatial_shape is 3; expected three'),
        (voxels((0, 0, 0, 0)), '333', 'whole numbers'),
        (voxels((0, 0, 0, 0)), (2.7, 3, 3), r'spatial_shape is \(2.7, 3, 3\); expected .* whole numbers'),
        (voxels((0, 0, 0, 0)), (float('nan'), 3, 3), r'spatial_shape is \(nan, 3, 3\)'),
        (voxels((0, 0, 0, 0)), (None, 3, 3), 'whole numbers'),
        (voxels((0, 0, 0, 0)), torch.tensor([2.5, 3, 3]), 'whole numbers'),
        (torch.tensor([[0, -(2**32), 0, 0]]), None, 'farther than 2147483647'),
        (torch.tensor([[0, 0, 0, -(2**63) + 1]]), None, 'farther than 2147483647'),
        (voxels((0, 2**31 - 1, 0, 0)), None, 'longer than 2147483647'),
        (torch.zeros(1, 4, dtype=torch.bool), None, 'torch.bool'),
    ],
)
def test_coordinates_that_do_not_fit(coords: object, shape: tuple[int, ...] | None, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Level(coords, shape)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    'window',
    [strided_window(2, 2), strided_window(3, 2, 1), strided_window(3, 2, 0, 2**30), strided_window(2, 2, 2**30)],
    ids=['tiles', 'padded', 'dilated', 'far padded'],
)
def test_windows_beyond_32_bits(window: Window) -> None:
    for make in (Level.strided, Level.transposed):
        with pytest.raises(DataError, match=r'take larger voxels'):
            make(Level(voxels((0, FAR, FAR, FAR))), window)


@pytest.mark.parametrize('channels', [(0, 2), (2, 0), (2, -1), (2.0, 2), (True, 2)])
def test_channels_that_are_none(channels: tuple[int, int]) -> None:
    with pytest.raises(ConfigError, match='expected at least 1 of each'):
        SubMConv3d(*channels)


@pytest.mark.parametrize('size', [0, -3, 3.0, '3', True, (3, 3), (3, 3, 0), (3, 3, 2.5)])
def test_sizes_that_are_none(size: object) -> None:
    with pytest.raises(ConfigError, match='expected an integer of at least 1'):
        SubMConv3d(2, 2, size)  # type: ignore[arg-type]


@pytest.mark.parametrize(('size', 'said'), [('a', "'a'"), (1.5, '1.5'), (float('nan'), 'nan'), ([1], r'\[1\]')])
def test_batch_sizes_that_are_no_numbers(size: object, said: str) -> None:
    with pytest.raises(DataError, match=f'batch_size is {said}; expected the number of scenes'):
        SparseTensor.from_coords(torch.ones(1, 3), voxels((0, 0, 0, 0)), None, size)  # type: ignore[arg-type]


def test_whole_numbers_of_any_kind() -> None:
    for shape in ([5, 6, 7], torch.tensor([5, 6, 7]), np.array([5, 6, 7])):
        level = Level(voxels((0, 1, 1, 1)), shape, np.int64(2))  # type: ignore[arg-type]
        assert (*level.spatial_shape, level.batch_size) == (5, 6, 7, 2)


def test_features_that_are_no_tensor() -> None:
    level = Level(voxels((0, 0, 0, 0)))
    table = level.neighbours(CUBE)
    for features, message in (
        ([[1.0]], 'are a list'),
        (np.ones((1, 1)), 'are a ndarray'),
        (torch.ones(1, 1, device='meta'), 'are on the meta device'),
        (torch.ones(1, 1).to_sparse(), 'are a tensor of layout'),
    ):
        with pytest.raises(DataError, match=f'features {message}'):
            SparseTensor(features, level)  # type: ignore[arg-type]
        with pytest.raises(DataError, match=f'features {message}'):
            sparse_convolution(features, torch.ones(27, 1, 1), table)  # type: ignore[arg-type]
    with pytest.raises(DataError, match='the level is a Tensor; expected a Level'):
        SparseTensor(torch.ones(1, 1), voxels((0, 0, 0, 0)))  # type: ignore[arg-type]


@pytest.mark.parametrize('given', [torch.ones(4, 3), None, [1.0]], ids=['tensor', 'nothing', 'list'])
@pytest.mark.parametrize(
    'layer',
    [
        SubMConv3d(3, 2),
        SubMConv3d(3, 2, 1),
        SparseConv3d(3, 2),
        SparseInverseConv3d(3, 2),
        SparseConvTranspose3d(3, 2),
        SparsePool3d('max'),
        SparseSequential(torch.nn.ReLU()),
        SparseSequential(SubMConv3d(3, 2)),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_layers_want_sparse_tensors(layer: torch.nn.Module, given: object) -> None:
    with pytest.raises(DataError, match=f'{type(layer).__name__} was given a {type(given).__name__}; expected a SparseTensor'):
        layer(given)


@pytest.mark.parametrize('backend', READY)
def test_views_that_flip_signs_are_read_as_what_they_say(backend: str) -> None:
    level = random_level(3, (5, 5, 5), 1, 0.5)
    table = level.neighbours(CUBE)
    x, w, grad = (torch.randn(shape) for shape in ((len(level), 3), (27, 3, 4), (len(level), 4)))
    plain, flipped = ([sign.requires_grad_() for sign in pair] for pair in ((-x, -w), (torch._neg_view(x), torch._neg_view(w))))
    results = []
    for pair, to in ((plain, -grad), (flipped, torch._neg_view(grad))):
        out = sparse_convolution(*pair, table, backend=backend)
        results.append((out, *torch.autograd.grad(out, pair, to)))
    for ours, expected in zip(*results, strict=True):
        torch.testing.assert_close(ours, expected)


coordinates = st.lists(st.tuples(st.integers(-1, 2), *[st.integers(-3, 12)] * 3), max_size=12)


@settings(max_examples=40, deadline=None)
@given(coordinates, st.integers(0, 3), st.sampled_from([None, (4, 4, 4), (13, 13, 13)]), st.integers(0, 2**31))
def test_any_coordinates_give_one_answer_or_one_error(rows, channels, shape, seed) -> None:
    """All engines agree on what comes out of a small network, or the input was refused before any of them ran."""
    coords = torch.tensor(rows, dtype=torch.int32).reshape(-1, 4)
    features = torch.randn(len(rows), channels, generator=torch.Generator().manual_seed(seed))
    valid = len(rows) and channels and len(set(rows)) == len(rows) and int(coords.min()) >= 0
    valid = valid and (shape is None or int(coords[:, 1:].max()) < shape[0])
    results = []
    for backend in READY:
        try:
            results.append(small_net(SparseTensor.from_coords(features, coords, shape), backend))
        except UniSeg3DError:
            assert not valid, f'{backend} refused {rows}'
        else:
            assert valid, f'{backend} took {rows}'
    for other in results[1:]:
        torch.testing.assert_close(other, results[0], atol=1e-5, rtol=1e-5)


def small_net(tensor: SparseTensor, backend: str) -> torch.Tensor:
    torch.manual_seed(0)
    channels = tensor.features.shape[1]
    down, across, up = SparseConv3d(channels, 4), SubMConv3d(4, 4), SparseInverseConv3d(4, 2)
    with use_backend(backend), torch.no_grad():
        return up(across(down(tensor))).features
