"""Levels: tables, order, odd planes, and input that cannot be used."""

import gc
import weakref
from itertools import pairwise

import pytest
import torch
from dense_reference import random_level

from uniseg3d.ops.sparse import Level, SparseTensor, centred_window, strided_window
from uniseg3d.ops.sparse import lookup as lookup_module
from uniseg3d.ops.sparse.keys import morton_keys, pack_keys
from uniseg3d.utils.errors import ConfigError, DataError


def rows(*coords: tuple[int, int, int, int]) -> torch.Tensor:
    return torch.tensor(coords, dtype=torch.int32)


def test_neighbours_are_who_they_say() -> None:
    level = random_level(1, (6, 5, 7), 2, 0.5)
    window = centred_window(3, 2)
    where = {tuple(row): i for i, row in enumerate(level.coords.tolist())}
    table = level.neighbours(window).rows
    for k, offset in enumerate(window.offsets):
        for i, (scene, *cell) in enumerate(level.coords.tolist()):
            wanted = (scene, *(c + o - 2 for c, o in zip(cell, offset, strict=True)))
            assert table[k, i] == where.get(wanted, -1)


@pytest.mark.parametrize('dilation', [1, 3])
def test_grid_and_search_agree(monkeypatch: pytest.MonkeyPatch, dilation: int) -> None:
    window, parts = centred_window((3, 5, 1), dilation), (2, (7, 9, 8), 3)
    grid = random_level(parts[0], parts[1], parts[2], 0.4).neighbours(window)
    monkeypatch.setattr(lookup_module, 'LARGEST_GRID', 0)
    search = random_level(parts[0], parts[1], parts[2], 0.4).neighbours(window)
    assert torch.equal(grid.rows, search.rows)


def test_far_apart_voxels_need_no_grid() -> None:
    level = Level(rows((0, 0, 0, 0), (0, 2_000_000, 2_000_000, 2_000_000), (0, 2_000_000, 2_000_000, 1_999_999)))
    table = level.neighbours(centred_window(3))
    assert int((table.rows >= 0).sum()) == 5
    with pytest.raises(DataError, match='64-bit keys'):
        Level(rows((0, 0, 0, 0)), (2**22, 1, 1)).morton_order()


def test_tables_are_built_once_and_die_with_the_level() -> None:
    level = random_level(1, (6, 6, 6), 1, 0.5)
    window = centred_window(3)
    assert level.neighbours(window) is level.neighbours(window)
    made = level.strided(strided_window(2, 2))
    assert level.strided(strided_window(2, 2)) is made
    assert level.strided(strided_window(2, 2), 'drop') is not made
    ghosts = [weakref.ref(thing) for thing in (level, made.level, level.neighbours(window))]
    gc.disable()
    try:
        del level, made
        assert all(ghost() is None for ghost in ghosts), 'no cycles: memory is free at once'
    finally:
        gc.enable()


def test_odd_planes() -> None:
    level = Level(rows((0, 4, 0, 0), (0, 3, 1, 1), (0, 2, 0, 0)), (5, 2, 2))
    kept, dropped = level.strided(strided_window(2, 2)), level.strided(strided_window(2, 2), 'drop')
    assert kept.level.spatial_shape == (3, 1, 1) and dropped.level.spatial_shape == (2, 1, 1)
    assert sorted(kept.level.coords[:, 1].tolist()) == [1, 2] and dropped.level.coords[:, 1].tolist() == [1]
    assert (dropped.up.rows[:, 0] == -1).all() and (kept.up.rows >= 0).sum(0).tolist() == [1, 1, 1]


def test_empty_after_down_sampling_is_an_error() -> None:
    level = Level(rows((0, 0, 0, 0)))
    with pytest.raises(DataError, match='no voxel is left'):
        level.strided(strided_window(2, 2), 'drop')
    assert len(level.strided(strided_window(2, 2)).level) == 1
    with pytest.raises(ConfigError, match='keep or drop'):
        level.strided(strided_window(2, 2), 'maybe')


def test_scenes_do_not_touch() -> None:
    both = Level(rows((0, 0, 0, 0), (1, 0, 0, 1), (1, 0, 0, 0)))
    table = both.neighbours(centred_window(3)).rows
    assert (table[:, 0] >= 0).sum() == 1 and (table[:, 1] >= 0).sum() == 2
    assert both.strided(strided_window(2, 2)).level.coords.tolist() == [[0, 0, 0, 0], [1, 0, 0, 0]]


def test_morton_order_halves_at_every_level() -> None:
    level = random_level(1, (16, 16, 16), 2, 0.3)
    coords = level.coords[level.morton_order()]
    parents = [tuple(row) for row in torch.cat([coords[:, :1], coords[:, 1:] // 2], 1).tolist()]
    changes = 1 + sum(a != b for a, b in pairwise(parents))
    assert changes == len(set(parents)), 'children of one parent lie side by side'
    keys = morton_keys(torch.tensor([[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 2, 0, 0], [1, 0, 0, 0]]), (4, 4, 4), 2)
    assert keys.tolist() == [4, 2, 1, 32, 64]


def test_morton_keys_of_large_grids_match_the_table() -> None:
    coords = torch.randint(0, 1000, (50, 4))
    coords[:, 0] = 0
    small, large = morton_keys(coords, (1000,) * 3, 1), morton_keys(coords, (2**20,) * 3, 1)
    assert torch.equal(small, large)


def test_sorting_a_tensor_can_be_undone() -> None:
    level = random_level(1, (9, 8, 7), 2, 0.4)
    tensor = SparseTensor(torch.randn(len(level), 3), level)
    ordered, place = tensor.morton_sorted()
    assert torch.equal(ordered.features[place], tensor.features)
    assert torch.equal(ordered.coords[place], tensor.coords)
    assert ordered.level.spatial_shape == level.spatial_shape and ordered.level.batch_size == level.batch_size


@pytest.mark.parametrize(
    ('coords', 'shape', 'message'),
    [
        (torch.zeros(0, 4, dtype=torch.int32), None, 'no voxel'),
        (torch.zeros(3, 3, dtype=torch.int32), None, r'expected \[V, 4\]'),
        (torch.zeros(3, 4), None, 'torch.int32'),
        (rows((0, 0, -1, 0)), None, 'along y run from -1 to -1'),
        (rows((-1, 0, 0, 0)), None, 'along scene'),
        (rows((0, 0, 0, 9)), (9, 9, 9), 'expected 0 to 8'),
        (torch.tensor([[0, 0, 0, 2**31]]), None, 'to 2147483648, farther than 2147483647'),
        (rows((0, 0, 0, 0)), (2**31, 1, 1), 'longer than 2147483647'),
    ],
)
def test_wrong_coordinates_are_named(coords: torch.Tensor, shape: tuple[int, int, int] | None, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Level(coords, shape)


@pytest.mark.parametrize('largest', [0, lookup_module.LARGEST_GRID])
def test_duplicates_are_an_error(monkeypatch: pytest.MonkeyPatch, largest: int) -> None:
    monkeypatch.setattr(lookup_module, 'LARGEST_GRID', largest)
    level = Level(rows((0, 1, 1, 1), (0, 0, 0, 0), (0, 1, 1, 1)))
    with pytest.raises(DataError, match='occur twice'):
        level.neighbours(centred_window(3))
    with pytest.raises(DataError, match='occur twice'):
        level.strided(strided_window(2, 2))


def test_int64_coordinates_are_taken() -> None:
    assert Level(torch.tensor([[0, 1, 2, 3]])).coords.dtype == torch.int32


def test_keys_overflow_is_an_error() -> None:
    with pytest.raises(DataError, match='64-bit keys'):
        pack_keys(rows((0, 0, 0, 0)), (0, 0, 0, 0), (2, 2**31, 2**31, 2**31))
    wide = Level(rows((0, 2**31 - 2, 0, 0)))
    with pytest.raises(DataError, match='longer than'):
        wide.transposed(strided_window(2, 2))


@pytest.mark.parametrize(
    ('features', 'message'),
    [
        (torch.ones(2, 1), r'expected \[1, C\]'),
        (torch.ones(1, 0), 'C at least 1'),
        (torch.ones(1), r'have shape \[1\]'),
        (torch.ones(1, 2, dtype=torch.int64), 'floating-point'),
        (torch.ones(1, 2, device='meta'), 'on the meta device'),
    ],
)
def test_wrong_features_are_named(features: torch.Tensor, message: str) -> None:
    with pytest.raises(DataError, match=message):
        SparseTensor.from_coords(features, rows((0, 0, 0, 0)))


@pytest.mark.parametrize(
    ('call', 'message'), [(lambda: centred_window(2), 'needs an odd one'), (lambda: strided_window(2, 0), 'stride is 0')]
)
def test_wrong_windows_are_named(call, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        call()
