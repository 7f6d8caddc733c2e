"""Supervoxels of raw clouds: compact, connected, on one side of creases and colour edges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uniseg3d.superpoints.cloud_supervoxels import SupervoxelOptions, cloud_supervoxels
from uniseg3d.superpoints.voxel_graph import voxel_graph
from uniseg3d.utils.errors import ConfigError, DataError

VOXEL = 0.0199  # a little less than the pitch below, so that no two points share a voxel


def sheet(side: int = 100, pitch: float = 0.02) -> np.ndarray:
    """A floor of ``side`` by ``side`` points, one per voxel of 2 cm."""
    u, v = np.meshgrid(*[np.arange(side) * pitch] * 2, indexing='ij')
    return np.stack([u, v, np.zeros_like(u)], -1).reshape(-1, 3)


def purity(ids: np.ndarray, labels: np.ndarray) -> float:
    """Share of points whose label is the majority of their supervoxel."""
    table = np.zeros((ids.max() + 1, labels.max() + 1))
    np.add.at(table, (ids, labels), 1)
    return table.max(1).sum() / len(ids)


def test_a_floor_becomes_tiles_of_the_asked_size() -> None:
    xyz = sheet()
    ids = cloud_supervoxels(xyz, options=SupervoxelOptions(size=0.5, voxel_size=VOXEL))
    assert ids.max() + 1 == 16
    extents = np.array([np.ptp(xyz[ids == one], axis=0)[:2] for one in range(16)])
    assert (extents > 0.3).all() and (extents < 0.8).all(), 'about 0.5 m wide each'


def test_seeds_off_a_crease_leave_it_alone() -> None:
    floor = sheet(60)
    wall = floor[:, [2, 1, 0]] + [0, 0, 0.02]
    both, side = np.concatenate([floor, wall]), np.repeat([0, 1], len(floor))
    seeing, blind = (cloud_supervoxels(both, options=SupervoxelOptions(0.3, VOXEL, weight)) for weight in (1.0, 0.0))
    assert purity(seeing, side) > 0.99 > 0.95 > purity(blind, side)


def test_colours_divide_a_floor_only_where_they_weigh() -> None:
    xyz = sheet(60)
    white = xyz[:, 0] > 0.54  # no edge of the cubes that seeds are taken from
    colors = np.where(white[:, None], 255, 0).repeat(3, 1)
    seeing = cloud_supervoxels(xyz, colors, SupervoxelOptions(0.4, VOXEL))
    blind = cloud_supervoxels(xyz, colors, SupervoxelOptions(0.4, VOXEL, color_weight=0))
    assert purity(seeing, white.astype(int)) == 1 and purity(blind, white.astype(int)) < 0.9
    assert np.array_equal(blind, cloud_supervoxels(xyz, None, SupervoxelOptions(0.4, VOXEL)))


def connected_parts(pairs: np.ndarray, ids: np.ndarray) -> int:
    """Parts of a graph when only edges within one id are kept."""
    parent = np.arange(len(ids))
    for a, b in pairs[ids[pairs[:, 0]] == ids[pairs[:, 1]]]:
        low, high = sorted((parent[a], parent[b]))
        parent[parent == high] = low
    return len(np.unique(parent))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 120), st.sampled_from([0.05, 0.5, 5.0]), st.sampled_from([0.1, 0.4]), st.booleans(), st.integers(0, 99))
def test_any_cloud_gives_connected_pieces(count: int, spread: float, size: float, colored: bool, seed: int) -> None:
    random = np.random.default_rng(seed)
    xyz = random.random((count, 3)) * spread
    options = SupervoxelOptions(size=size, voxel_size=0.05)
    ids = cloud_supervoxels(xyz, random.integers(0, 255, (count, 3)) if colored else None, options)
    assert set(ids) == set(range(int(ids.max()) + 1)) and len(ids) == count
    graph = voxel_graph(xyz, 0.05)
    of_voxel = np.empty(len(graph.moments), np.int64)
    of_voxel[graph.voxel_of_point] = ids
    assert np.array_equal(of_voxel[graph.voxel_of_point], ids), 'points of one voxel stay together'
    assert connected_parts(graph.pairs, of_voxel) == ids.max() + 1


def test_pieces_without_a_seed_are_their_own() -> None:
    """Two points in one cube of seeds that do not touch."""
    ids = cloud_supervoxels(np.array([[0.0, 0, 0], [0.2, 0, 0]]), options=SupervoxelOptions(size=1.0, voxel_size=0.05))
    assert sorted(ids) == [0, 1]


@pytest.mark.parametrize(('field', 'wrong'), [('size', 0), ('voxel_size', -1), ('normal_weight', -1), ('color_weight', '1')])
def test_options_and_clouds_are_checked(field: str, wrong: object) -> None:
    with pytest.raises(ConfigError, match=field):
        SupervoxelOptions(**{field: wrong})
    with pytest.raises(DataError, match='at least one point'):
        cloud_supervoxels(np.zeros((0, 3)))
