"""Normals and weights against arithmetic written out one number at a time."""

import numpy as np

from uniseg3d.superpoints.mesh_graph import edge_weights, face_edges, face_normals, vertex_normals

f32 = np.float32


def random_mesh(seed: int = 0, vertices: int = 40, faces: int = 90) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(vertices, 3)).astype(f32), rng.integers(0, vertices, (faces, 3))


def test_face_normals_are_unit_and_follow_the_winding() -> None:
    vertices = np.array([[0, 0, 0], [2, 0, 0], [0, 3, 0]], f32)
    assert face_normals(vertices, np.array([[0, 1, 2], [0, 2, 1]])).tolist() == [[0, 0, 1], [0, 0, -1]]


def test_face_without_area_has_no_normal() -> None:
    vertices = np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0]], f32)
    assert np.isnan(face_normals(vertices, np.array([[0, 1, 2]]))).all()


def test_vertex_normals_are_running_means_in_face_order() -> None:
    vertices, faces = random_mesh()
    normals = face_normals(vertices, faces)
    expected = np.zeros((len(vertices), 3), f32)
    counts = [0] * len(vertices)
    for face, normal in zip(faces, normals, strict=True):
        for vertex in face:
            new = f32(1) / f32(counts[vertex] + 1)
            expected[vertex] = new * normal + (f32(1) - new) * expected[vertex]
            counts[vertex] += 1
    # equal bit for bit: a rounding difference can flip the order of two edges; NaN faces stay NaN
    assert np.array_equal(vertex_normals(len(vertices), faces, normals), expected, equal_nan=True)


def test_edges_keep_their_order_and_duplicates() -> None:
    assert face_edges(np.array([[4, 5, 6], [5, 4, 7]])).tolist() == [[4, 5], [4, 6], [6, 5], [5, 4], [5, 7], [7, 4]]


def test_convex_edges_are_cheaper_than_concave_ones() -> None:
    vertices = np.array([[0, 0, 0], [1, 0, 0]], f32)
    tilt = np.array([0.6, 0, 0.8], f32)
    up = np.array([0, 0, 1], f32)
    bend = f32(1) - f32(0.8)
    edge = np.array([[0, 1]])
    assert edge_weights(vertices, np.stack([up, tilt]), edge)[0] == bend * bend  # second normal leans away: a ridge
    assert edge_weights(vertices, np.stack([up, tilt * [-1, 1, 1]]).astype(f32), edge)[0] == bend


def test_everything_stays_single_precision() -> None:
    vertices, faces = random_mesh(1)
    normals = face_normals(vertices, faces)
    means = vertex_normals(len(vertices), faces, normals)
    assert {a.dtype for a in (normals, means, edge_weights(vertices, means, face_edges(faces)))} == {np.dtype(f32)}
