"""Superpoints of a triangle mesh."""

import math

import numpy as np

from uniseg3d.superpoints.graph_superpoints import graph_superpoints
from uniseg3d.superpoints.mesh_graph import face_edges, face_normals, vertex_normals
from uniseg3d.utils.errors import ConfigError, DataError


def mesh_superpoints(vertices: np.ndarray, faces: np.ndarray, k_threshold: float = 0.01, min_vertices: int = 20) -> np.ndarray:
    """Superpoint id 0..M-1 of each vertex, [N] int64, by graph segmentation of the mesh.

    Args:
        vertices: [N, 3], metres; computed in float32.
        faces: [F, 3] vertex indices; vertices in no face stay alone.
        k_threshold: larger values make larger superpoints.
        min_vertices: smaller superpoints join a neighbour, if they have one.
    """
    vertices, faces = _checked(vertices, faces)
    if not (math.isfinite(k_threshold) and k_threshold >= 0 and min_vertices >= 0):
        raise ConfigError(f'k_threshold {k_threshold} and min_vertices {min_vertices} must be finite and not negative')
    normals = vertex_normals(len(vertices), faces, face_normals(vertices, faces))
    return graph_superpoints(vertices, normals, face_edges(faces), k_threshold, min_vertices)


def _checked(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    vertices, faces = np.asarray(vertices), np.asarray(faces)
    if vertices.dtype.kind not in 'iuf' or vertices.ndim != 2 or vertices.shape[1] != 3 or not len(vertices):
        raise DataError(
            f'mesh vertices must be numbers [N, 3], at least one row, got {vertices.dtype} of shape {vertices.shape}'
        )
    with np.errstate(over='ignore'):
        vertices = np.ascontiguousarray(vertices, dtype=np.float32)
    bad = np.flatnonzero(~np.isfinite(vertices).all(axis=1))
    if bad.size:
        raise DataError(
            f'{bad.size} of {len(vertices)} mesh vertices are not finite, the first is vertex {bad[0]}; remove them'
        )
    if faces.ndim != 2 or faces.shape[1] != 3 or (faces.size and faces.dtype.kind not in 'iu'):
        raise DataError(f'mesh faces must be integers [F, 3], got {faces.dtype} of shape {faces.shape}')
    if faces.size and not 0 <= faces.min() <= faces.max() < len(vertices):
        raise DataError(f'mesh faces point to vertices {faces.min()}..{faces.max()}; there are only 0..{len(vertices) - 1}')
    return vertices, np.ascontiguousarray(faces, dtype=np.int32)
