"""Raw scans in ScanNet's file formats, and its label map."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from uniseg3d.io.fields import Fields
from uniseg3d.io.ply import read_ply
from uniseg3d.utils.errors import DataError, FileFormatError
from uniseg3d.utils.files import read_json

LARGEST_ID = 2**31 - 1


@dataclass
class SegmentGroup:
    """One annotated object: the segments that make it up."""

    object_id: int  # 0-based
    label: str  # raw category, as in the label map
    segments: np.ndarray  # [s] int64


@dataclass
class Annotation:
    """What people said about a scan."""

    segments: np.ndarray  # [N] int64, segment of each vertex
    groups: list[SegmentGroup]  # in file order
    axis_align_matrix: np.ndarray  # [4, 4] float64, scan frame to axis-aligned frame


@dataclass
class RawScan:
    """A scan as the scanner left it: metres, z up, not axis-aligned."""

    scene_id: str
    vertices: np.ndarray  # [N, 3] float32
    colors: np.ndarray  # [N, 3] uint8
    faces: np.ndarray  # [F, 3] int64
    annotation: Annotation | None = None


def read_scan(folder: str | Path, scene_id: str, annotated: bool) -> RawScan:
    """Read ``folder``/``scene_id``_vh_clean_2.ply and, if ``annotated``, the segments, groups and alignment beside it."""
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f'scan folder {folder} does not exist; link or copy the raw scan there')
    path = folder / f'{scene_id}_vh_clean_2.ply'
    mesh = read_ply(path)
    if mesh.colors is None or mesh.faces is None:
        raise FileFormatError(f'{path} has no {"colours" if mesh.colors is None else "faces"}; a scan needs both')
    _require_points(mesh.vertices, path)
    annotation = _read_annotation(folder, scene_id, len(mesh.vertices)) if annotated else None
    return RawScan(scene_id, mesh.vertices, mesh.colors, mesh.faces, annotation)


def read_axis_alignment(path: str | Path) -> np.ndarray:
    """Matrix [4, 4] float64 of the first line of a scan's ``.txt`` that contains axisAlignment; identity without one."""
    for line in _text(Path(path)).splitlines():
        if 'axisAlignment' in line:
            return _matrix(line, path)
    return np.eye(4)


def matrix_text(matrix: np.ndarray) -> str:
    """A matrix as the text files beside exported frames have it: a row a line; lost cameras stay ``-inf``."""
    return ''.join(' '.join(f'{value:.6f}' for value in row) + '\n' for row in matrix)


def read_label_map(path: str | Path, column: str) -> dict[str, int]:
    """Number in ``column`` (nyu40id, or id for ScanNet200) of each raw category of a label tsv."""
    path = Path(path)
    rows = list(csv.reader(_text(path).splitlines(), delimiter='\t'))
    if not rows or 'raw_category' not in rows[0] or column not in rows[0]:
        raise FileFormatError(f'{path}: the first line must name the columns raw_category and {column}, separated by tabs')
    name, number = rows[0].index('raw_category'), rows[0].index(column)
    short = next((line for line, row in enumerate(rows[1:], 2) if any(row) and len(row) <= name), None)
    if short:
        raise FileFormatError(
            f'{path}, line {short}: expected a raw category in column {name + 1}, got {len(rows[short - 1])} columns'
        )
    return {row[name]: _label_id(row, number, path, line) for line, row in enumerate(rows[1:], 2) if any(row)}


def _require_points(vertices: np.ndarray, path: Path) -> None:
    if not len(vertices):
        raise DataError(f'{path}: the mesh has no vertices; expected at least one')
    bad = np.flatnonzero(~np.isfinite(vertices).all(axis=1))
    if bad.size:
        raise DataError(f'{path}: {bad.size} vertices are NaN or infinite, the first is vertex {bad[0]}; repair the mesh')


def _read_annotation(folder: Path, scene_id: str, vertex_count: int) -> Annotation:
    aggregation = folder / f'{scene_id}.aggregation.json'
    if not aggregation.exists():
        raise DataError(f'{aggregation} is missing: a scan without annotation belongs into the test folder and the test list')
    return Annotation(
        segments=_read_segments(folder / f'{scene_id}_vh_clean_2.0.010000.segs.json', vertex_count),
        groups=_read_groups(aggregation),
        axis_align_matrix=read_axis_alignment(folder / f'{scene_id}.txt'),
    )


def _read_segments(path: Path, vertex_count: int) -> np.ndarray:
    record = Fields(read_json(path, 'copy the file again'), str(path))
    segments = _integers(record, 'segIndices')
    if len(segments) != vertex_count:
        raise record.wrong('segIndices', f'one segment id per vertex ({vertex_count})', f'{len(segments)} ids')
    return segments


def _read_groups(path: Path) -> list[SegmentGroup]:
    groups = [
        SegmentGroup(
            object_id=group.integer('objectId', 0, LARGEST_ID),
            label=group.text('label'),
            segments=_integers(group, 'segments'),
        )
        for group in Fields(read_json(path, 'copy the file again'), str(path)).records('segGroups')
    ]
    ids = [group.object_id for group in groups]
    if sorted(ids) != list(range(len(ids))):
        raise FileFormatError(f'{path}: object ids must be 0..{len(ids) - 1}, each once, got {_short(ids)}')
    return groups


def _integers(record: Fields, name: str) -> np.ndarray:
    values = record.sequence(name)
    try:
        array = np.array(values, dtype=np.int64)
    except (TypeError, ValueError, OverflowError) as error:
        raise record.wrong(name, 'a list of integers') from error
    # numpy truncates 1.5 and reads "7" and true as numbers; a file that holds such is not what it claims to be
    if array.ndim != 1 or not set(map(type, values)) <= {int}:
        raise record.wrong(name, 'a list of integers')
    return array


def _matrix(line: str, path: str | Path) -> np.ndarray:
    try:
        values = np.array([float(word) for word in line.partition('=')[2].split()])
    except ValueError as error:
        raise FileFormatError(f'{path}: axisAlignment holds a word that is not a number ({error})') from error
    if len(values) != 16 or not np.isfinite(values).all():
        raise FileFormatError(f'{path}: axisAlignment needs 16 finite numbers, got {len(values)}: {_short(values)}')
    return values.reshape(4, 4)


def _label_id(row: list[str], column: int, path: Path, line: int) -> int:
    value = row[column].strip() if column < len(row) else ''
    if not (value.isascii() and value.isdigit()) or int(value) > LARGEST_ID:
        raise FileFormatError(f'{path}, line {line}: expected an id (0, 1, 2, ...) in column {column + 1}, got {value!r}')
    return int(value)


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode('utf-8-sig')
    except UnicodeDecodeError as error:
        raise FileFormatError(f'{path} is not a text file ({error.reason} at byte {error.start})') from error
    except OSError as error:
        raise DataError(f'cannot read {path}: {error.strerror}') from error


def _short(values: Sequence[Any] | np.ndarray) -> str:
    words = [str(value) for value in values[:8]]
    return ' '.join([*words, '...'] if len(values) > 8 else words)
