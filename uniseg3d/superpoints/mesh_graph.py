"""A mesh as a graph: how strongly the surface bends along every edge. Single precision throughout, as in ScanNet's tool.

Every sum runs x, y, z one after the other and nothing is fused: a rounding difference can flip the order of two edges.
"""

import numpy as np
from numba import njit


@njit(cache=True, error_model='numpy')
def face_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Unit normals [F, 3] float32 of ``faces`` [F, 3] over ``vertices`` [N, 3]; NaN for faces without area."""
    normals = np.empty((len(faces), 3), np.float32)
    for face in range(len(faces)):
        a, b, c = faces[face]
        ax, ay, az = _between(vertices, a, b)
        bx, by, bz = _between(vertices, a, c)
        normals[face] = _unit(ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx)
    return normals


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


@njit(cache=True)
def face_edges(faces: np.ndarray) -> np.ndarray:
    """Three directed edges per face, [3 F, 2], in the order that decides between equal weights."""
    edges = np.empty((3 * len(faces), 2), faces.dtype)
    for face in range(len(faces)):
        a, b, c = faces[face]
        edges[3 * face] = a, b
        edges[3 * face + 1] = a, c
        edges[3 * face + 2] = c, b
    return edges


@njit(cache=True, error_model='numpy')
def edge_weights(vertices: np.ndarray, normals: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """How much the surface bends from the first to the second end, squared where it is convex: [E] float32."""
    weights = np.empty(len(edges), np.float32)
    for edge in range(len(edges)):
        a, b = edges[edge]
        x, y, z = _between(vertices, a, b)
        dx, dy, dz = _unit(x, y, z)
        nx, ny, nz = normals[b]
        mx, my, mz = normals[a]
        bend = np.float32(1) - (mx * nx + my * ny + mz * nz)
        weights[edge] = bend * bend if nx * dx + ny * dy + nz * dz > 0 else bend
    return weights


@njit(cache=True, inline='always')
def _between(vertices: np.ndarray, start: int, end: int) -> tuple[float, float, float]:
    return (
        vertices[end, 0] - vertices[start, 0],
        vertices[end, 1] - vertices[start, 1],
        vertices[end, 2] - vertices[start, 2],
    )


@njit(cache=True, inline='always', error_model='numpy')
def _unit(x: float, y: float, z: float) -> tuple[float, float, float]:
    length = np.sqrt(x * x + y * y + z * z)
    return x / length, y / length, z / length  # no length, no direction: NaN is the documented answer
