"""A mesh as a graph: how strongly the surface bends along every edge. Single precision throughout, as in ScanNet's tool."""

import numpy as np
from numba import njit


def face_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Unit normals [F, 3] float32; NaN for faces without area."""
    corner = vertices[faces[:, 0]]
    a, b = vertices[faces[:, 1]] - corner, vertices[faces[:, 2]] - corner
    return _unit(
        np.stack(
            [
                a[:, 1] * b[:, 2] - a[:, 2] * b[:, 1],
                a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2],
                a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0],
            ],
            axis=1,
        )
    )


@njit(cache=True)
def vertex_normals(vertex_count: int, faces: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """Running mean of the face normals around each vertex, in the order of the faces: [N, 3] float32, not unit length."""
    means = np.zeros((vertex_count, 3), np.float32)
    counts = np.zeros(vertex_count, np.float32)
    one = np.float32(1)
    for face in range(len(faces)):
        for vertex in faces[face]:
            new = one / (counts[vertex] + one)
            old = one - new
            for axis in range(3):
                means[vertex, axis] = new * normals[face, axis] + old * means[vertex, axis]
            counts[vertex] += one
    return means


def face_edges(faces: np.ndarray) -> np.ndarray:
    """Three directed edges per face, [3 F, 2], in the order that decides between equal weights."""
    return faces[:, [0, 1, 0, 2, 2, 1]].reshape(-1, 2)


def edge_weights(vertices: np.ndarray, normals: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """How much the surface bends from the first to the second end, squared where it is convex: [E] float32."""
    first, second = edges.T
    direction = _unit(vertices[second] - vertices[first])
    bend = np.float32(1) - _dot(normals[first], normals[second])
    return np.where(_dot(normals[second], direction) > 0, bend * bend, bend)


def _unit(vectors: np.ndarray) -> np.ndarray:
    with np.errstate(invalid='ignore', divide='ignore', over='ignore'):  # no length, no direction: NaN is the documented answer
        return vectors / np.sqrt(_dot(vectors, vectors))[:, None]


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    # summed x, y, z one after the other; einsum and matmul may choose another order and round differently
    with np.errstate(invalid='ignore', over='ignore'):
        return a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1] + a[:, 2] * b[:, 2]
