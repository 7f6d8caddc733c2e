"""Superpoints of meshes: shapes that have an obvious answer, and meshes that cannot be cut."""

import numpy as np
import pytest

from uniseg3d.superpoints import mesh_superpoints
from uniseg3d.utils.errors import ConfigError, DataError


def grid(side: int) -> tuple[np.ndarray, np.ndarray]:
    """Flat square of ``side`` x ``side`` vertices in the unit plane."""
    u, v = np.meshgrid(np.linspace(0, 1, side), np.linspace(0, 1, side), indexing='ij')
    low = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).reshape(-1)
    faces = np.concatenate([np.stack([low, low + side, low + 1], 1), np.stack([low + 1, low + side, low + side + 1], 1)])
    return np.stack([u.reshape(-1), v.reshape(-1), 0 * u.reshape(-1)], 1), faces


def two_planes(side: int) -> tuple[np.ndarray, np.ndarray]:
    """Two squares that meet at a right angle and share the vertices of the fold."""
    flat, faces = grid(side)
    both = np.concatenate([flat, flat[side:, [2, 1, 0]]])
    both[: side * side, 0] *= -1  # the fold lies at x = 0, the floor to its left
    standing = np.concatenate([np.arange(side), side * side + np.arange(side * (side - 1))])
    return both, np.concatenate([faces[:, ::-1], standing[faces]])


def test_flat_sheet_is_one_superpoint() -> None:
    assert set(mesh_superpoints(*grid(8))) == {0}


def test_right_angle_separates_two_planes() -> None:
    vertices, faces = two_planes(8)
    ids = mesh_superpoints(vertices, faces)
    floor, wall = ids[16:64], ids[72:]  # two rows from the fold the planes must be pure
    assert len(set(floor)) == len(set(wall)) == 1
    assert floor[0] != wall[0]


def test_isolated_vertices_stay_alone_and_ids_have_no_gaps() -> None:
    vertices, faces = grid(6)
    vertices = np.concatenate([[[9, 9, 9]], vertices, [[8, 8, 8]]])
    ids = mesh_superpoints(vertices, faces + 1)
    assert sorted(set(ids)) == [0, 1, 2]
    assert (ids == ids[0]).sum() == (ids == ids[-1]).sum() == 1


def test_small_pieces_are_swallowed() -> None:
    vertices, faces = two_planes(4)  # 16 + 12 vertices: the smaller side cannot stand alone
    assert set(mesh_superpoints(vertices, faces, min_vertices=20)) == {0}
    assert len(set(mesh_superpoints(vertices, faces, min_vertices=2))) > 1


def test_faces_without_area_give_the_same_answer_every_time() -> None:
    vertices, faces = two_planes(8)
    faces = np.concatenate([faces, np.repeat(np.arange(40, 60)[:, None], 3, axis=1)])
    first = mesh_superpoints(vertices, faces)
    assert np.array_equal(first, mesh_superpoints(vertices, faces))
    assert sorted(set(first)) == list(range(first.max() + 1))


def test_far_from_the_origin_in_millimetres_and_as_integers() -> None:
    vertices, faces = grid(6)
    for moved in (vertices * 1000 + 1e6, (vertices * 100).astype(np.int32)):
        assert set(mesh_superpoints(moved, faces.astype(np.int32))) == {0}


def test_no_faces_leave_every_point_alone() -> None:
    assert mesh_superpoints(np.zeros((3, 3)), np.zeros((0, 3), int)).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ('vertices', 'faces', 'words'),
    [
        (np.zeros((0, 3)), np.zeros((0, 3), int), 'at least one row'),
        (np.zeros((3, 2)), np.zeros((0, 3), int), r'shape \(3, 2\)'),
        (np.array([[0, 0, 0], [0, np.nan, 0], [np.inf, 0, 0]]), np.zeros((0, 3), int), '2 of 3 mesh vertices.*vertex 1'),
        (np.full((1, 3), 1e300), np.zeros((0, 3), int), 'not finite'),
        (np.zeros((3, 3)), np.array([[0, 1, 3]]), r'only 0\.\.2'),
        (np.zeros((3, 3)), np.array([[0, -1, 2]]), r'vertices -1\.\.2'),
        (np.zeros((3, 3)), np.array([[0, 1]]), r'integers \[F, 3\]'),
        (np.zeros((3, 3)), np.array([[0.0, 1.0, 2.0]]), 'float64'),
        (np.array([['a', 'b', 'c']]), np.zeros((0, 3), int), 'must be numbers'),
        (np.zeros((3, 3), complex), np.array([[0, 1, 2]]), 'complex128'),
        (np.array([[None, 0, 0]]), np.zeros((0, 3), int), 'object'),
    ],
)
def test_meshes_that_cannot_be_cut_say_why(vertices: np.ndarray, faces: np.ndarray, words: str) -> None:
    with pytest.raises(DataError, match=words):
        mesh_superpoints(vertices, faces)


@pytest.mark.parametrize(('k', 'minimum'), [(float('nan'), 20), (-1, 20), (0.01, -1)])
def test_senseless_settings_are_refused(k: float, minimum: int) -> None:
    with pytest.raises(ConfigError, match='k_threshold'):
        mesh_superpoints(*grid(3), k, minimum)
