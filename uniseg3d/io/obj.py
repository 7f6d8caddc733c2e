"""Wavefront .obj meshes and point lists; materials and textures are not read."""

import re
from pathlib import Path

import numpy as np

from uniseg3d.io.polygons import triangles
from uniseg3d.io.raw_cloud import RawCloud, map_file, stored_colors
from uniseg3d.utils.errors import FileFormatError

Rows = list[tuple[int, str]]  # number of each line of a kind, and what follows its keyword


def read_obj(path: str | Path) -> RawCloud:
    """Read vertices, their colours where lines have six numbers, one normal per vertex where the file has so, and faces."""
    where = str(path)
    lines = bytes(map_file(path)).decode('latin-1').replace('\\\n', ' ').splitlines()
    rows = {kind: _rows(lines, kind) for kind in ('v', 'vn', 'f')}
    table = _numbers(rows['v'], where)
    if not len(table):
        raise FileFormatError(f'{where} has no vertices (lines "v x y z"); it is no OBJ file or holds no geometry')
    if table.shape[1] not in (3, 4, 6, 7):
        raise FileFormatError(f'{where}: vertices have {table.shape[1]} numbers; expected x y z, or x y z r g b')
    normals = _numbers(rows['vn'], where)
    return RawCloud(
        table[:, :3],
        stored_colors(table[:, 3:6], where) if table.shape[1] >= 6 else None,
        normals.astype(np.float32) if normals.shape == (len(table), 3) else None,
        _faces(rows['f'], np.array([number for number, _ in rows['v']]), where) if rows['f'] else None,
    )


def _rows(lines: list[str], kind: str) -> Rows:
    start = f'{kind} '
    return [(number, line[len(start) :]) for number, line in enumerate(lines) if line.startswith(start)]


def _numbers(rows: Rows, where: str) -> np.ndarray:
    """[rows, K] float64."""
    if not rows:
        return np.zeros((0, 3))
    try:
        return np.loadtxt([text for _, text in rows], ndmin=2)
    except ValueError as error:
        raise FileFormatError(
            f'{where}: near line {rows[0][0] + 1}, vertices are not rows of equally many numbers ({error})'
        ) from None


def _faces(rows: Rows, vertex_lines: np.ndarray, where: str) -> np.ndarray:
    """Triangles [F, 3]. Indices count from 1, or backwards from the face when negative; "7/3/2" is vertex 7."""
    texts = [re.sub(r'/\S*', '', text).split() for _, text in rows]
    lengths = np.array([len(words) for words in texts])
    try:
        indices = np.array([word for words in texts for word in words]).astype(np.int64)
    except (ValueError, OverflowError) as error:
        raise FileFormatError(f'{where}: a face has something else than vertex numbers ({error})') from None
    before = np.searchsorted(vertex_lines, [number for number, _ in rows])  # vertices above each face
    indices = np.where(indices < 0, indices + np.repeat(before, lengths), indices - 1)
    return triangles(lengths, indices, len(vertex_lines), where)
