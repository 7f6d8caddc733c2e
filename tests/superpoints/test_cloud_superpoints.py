"""Superpoints of raw clouds: they follow creases and colours, and nothing strange breaks them."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uniseg3d.superpoints.cloud_superpoints import CloudSuperpointOptions, cloud_superpoints
from uniseg3d.superpoints.voxel_graph import moment_normals, spread_moments, voxel_graph
from uniseg3d.utils.errors import ConfigError, DataError


def plane(rng: np.random.Generator, count: int, corner: tuple, u: tuple, v: tuple) -> np.ndarray:
    return np.array(corner) + rng.random((count, 1)) * np.array(u) + rng.random((count, 1)) * np.array(v)


@pytest.fixture
def corner() -> tuple[np.ndarray, np.ndarray]:
    """Floor and wall, 1 mm of noise, and which is which."""
    rng = np.random.default_rng(0)
    floor = plane(rng, 20000, (0, 0, 0), (1.5, 0, 0), (0, 1.5, 0))
    wall = plane(rng, 20000, (0, 0, 0), (1.5, 0, 0), (0, 0, 1.5))
    xyz = np.concatenate([floor, wall]) + rng.normal(0, 0.001, (40000, 3))
    return xyz, np.repeat([0, 1], 20000)


def purity(ids: np.ndarray, labels: np.ndarray) -> float:
    """Share of points whose label is the majority of their superpoint."""
    table = np.zeros((ids.max() + 1, labels.max() + 1))
    np.add.at(table, (ids, labels), 1)
    return table.max(1).sum() / len(ids)


def test_a_crease_divides(corner: tuple[np.ndarray, np.ndarray]) -> None:
    xyz, labels = corner
    ids = cloud_superpoints(xyz)
    assert set(np.unique(ids)) == set(range(ids.max() + 1))
    assert ids.max() + 1 < 400
    assert purity(ids, labels) > 0.97


def test_colour_divides_a_flat_wall() -> None:
    rng = np.random.default_rng(1)
    xyz = plane(rng, 20000, (0, 0, 0), (1.5, 0, 0), (0, 0, 1.5))
    painted = (xyz[:, 0] > 0.7).astype(int)
    colors = np.where(painted[:, None] == 1, (200, 30, 30), (220, 220, 220)).astype(np.uint8)
    assert purity(cloud_superpoints(xyz, colors), painted) > 0.97
    blind = CloudSuperpointOptions(color_weight=0.0)
    assert (cloud_superpoints(xyz, colors, blind) == cloud_superpoints(xyz, None, blind)).all()


def test_pairs_are_all_touching_voxels_and_no_others() -> None:
    rng = np.random.default_rng(2)
    xyz = rng.random((300, 3)) * 0.4
    graph = voxel_graph(xyz, 0.05)
    cells = np.floor((xyz - xyz.min(0)) / 0.05).astype(int)
    cell_of = dict(zip(graph.voxel_of_point.tolist(), cells.tolist(), strict=True))
    near = {(a, b) for a, b in itertools.combinations(cell_of, 2) if np.abs(np.subtract(cell_of[a], cell_of[b])).max() == 1}
    assert {tuple(sorted(pair)) for pair in graph.pairs.tolist()} == {tuple(sorted(pair)) for pair in near}
    assert len(graph.pairs) == len(near)


def test_normals_agree_with_an_eigenvalue_solver() -> None:
    rng = np.random.default_rng(3)
    xyz = rng.random((2000, 3)) * [1, 1, 0.1]
    graph = voxel_graph(xyz, 0.1)
    moments = spread_moments(graph.moments, graph.pairs)
    normals = moment_normals(moments)
    for moment, normal in zip(moments, normals, strict=True):
        mean = moment[1:4] / moment[0]
        xx, xy, xz, yy, yz, zz = moment[4:] / moment[0]
        values, vectors = np.linalg.eigh(np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]) - np.outer(mean, mean))
        if values[1] - values[0] > 1e-5:
            assert abs(vectors[:, 0] @ normal) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize('count', [1, 2, 3])
def test_a_few_points_are_a_cloud_too(count: int) -> None:
    ids = cloud_superpoints(np.arange(3 * count, dtype=float).reshape(count, 3))
    assert ids.shape == (count,)


def test_identical_points_share_a_superpoint() -> None:
    assert cloud_superpoints(np.ones((50, 3))).tolist() == [0] * 50


def test_far_from_the_origin_nothing_changes(corner: tuple[np.ndarray, np.ndarray]) -> None:
    xyz, _ = corner
    near, far = cloud_superpoints(xyz), cloud_superpoints(xyz + 1e5)
    assert abs(int(near.max()) - int(far.max())) <= 0.05 * near.max() + 2


@pytest.mark.parametrize(
    ('xyz', 'message'),
    [
        (np.zeros((0, 3)), 'at least one point'),
        (np.zeros((5, 2)), r'\[N, 3\]'),
        (np.array([[0, 0, np.nan]]), 'not finite'),
        (np.array([['a', 'b', 'c']]), 'expected numbers'),
        (np.zeros((5, 3), complex), 'expected numbers'),
    ],
)
def test_what_is_no_cloud_is_refused(xyz: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message):
        cloud_superpoints(xyz)


@pytest.mark.parametrize(
    ('colors', 'message'),
    [(np.zeros((4, 3)), 'like the points'), (np.full((5, 3), np.nan), '5 of 5 colours'), (['a'], 'numbers')],
)
def test_colours_that_do_not_fit_are_refused(colors: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message):
        cloud_superpoints(np.zeros((5, 3)), colors)


@pytest.mark.parametrize('far', [1e9, 1e30, 1e308])
def test_a_wild_extent_is_refused(far: float) -> None:
    for size in (0.001, None):
        corners = np.array([[-far, -far, -far], [far, far, far]])
        if size or far > 1e9:
            with pytest.raises(DataError, match='check its unit'):
                cloud_superpoints(corners, options=CloudSuperpointOptions(voxel_size=size))


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 80),
    st.sampled_from([0.01, 1.0, 1000.0]),
    st.sampled_from(['f4', 'f8', 'i4']),
    st.booleans(),
    st.integers(0, 99),
)
def test_any_cloud_gives_one_number_per_point(count: int, spread: float, kind: str, colored: bool, seed: int) -> None:
    random = np.random.default_rng(seed)
    xyz = (random.normal(size=(3, count)) * spread).astype(kind).T  # columns lie together
    ids = cloud_superpoints(xyz, random.integers(0, 255, (count, 3), np.uint8) if colored else None)
    assert ids.shape == (count,) and set(ids) == set(range(int(ids.max()) + 1))
    for cell in np.unique(xyz, axis=0):
        assert len(set(ids[(xyz == cell).all(1)])) == 1, 'one place, one superpoint'


@pytest.mark.parametrize('field', ['k_threshold', 'color_weight', 'min_voxels', 'voxel_size'])
def test_options_are_checked(field: str) -> None:
    for wrong in (-1, float('nan'), float('inf'), '0.1'):
        with pytest.raises(ConfigError, match=field):
            CloudSuperpointOptions(**{field: wrong})
