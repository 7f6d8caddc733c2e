"""PLY meshes and point clouds: ascii and both binary byte orders."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from uniseg3d.io.ply_elements import Columns, ListColumn, parse_header, read_elements
from uniseg3d.io.polygons import triangles
from uniseg3d.io.raw_cloud import map_file, stored_colors
from uniseg3d.utils.errors import DataError, FileFormatError
from uniseg3d.utils.files import write_bytes

_COLOR_NAMES = ('red', 'green', 'blue')
_NORMAL_NAMES = ('nx', 'ny', 'nz')
_TYPE_NAMES = {
    'i1': 'char',
    'u1': 'uchar',
    'i2': 'short',
    'u2': 'ushort',
    'i4': 'int',
    'u4': 'uint',
    'f4': 'float',
    'f8': 'double',
}
_BYTE_ORDERS = {'ascii': '<', 'binary_little_endian': '<', 'binary_big_endian': '>'}


@dataclass
class PlyMesh:
    """Vertices with what the file says about each of them."""

    vertices: np.ndarray  # [N, 3] float32, the file's units; not checked for NaN, the caller knows what to do with them
    colors: np.ndarray | None = None  # [N, 3] uint8
    faces: np.ndarray | None = None  # [F, 3] int64; larger polygons are read as fans of triangles
    extra: dict[str, np.ndarray] = field(default_factory=dict)  # other vertex properties [N], e.g. nx, ny, nz, label

    @property
    def normals(self) -> np.ndarray | None:
        """Vertex normals as stored, [N, 3] float32."""
        if not all(name in self.extra for name in _NORMAL_NAMES):
            return None
        return np.stack([self.extra[name] for name in _NORMAL_NAMES], axis=1).astype(np.float32)


def read_ply(path: str | Path, doubles: bool = False) -> PlyMesh:
    """Read vertices, colours, triangles and further vertex properties; floating colours in 0..1 become 0..255.

    ``doubles``: keep vertices float64 where the file has them so; far from the origin float32 would round them.
    """
    where, data = str(path), map_file(path)
    header = parse_header(data, where)
    tables = read_elements(data, header, where)
    if 'vertex' not in tables or any(name not in tables['vertex'] for name in 'xyz'):
        raise FileFormatError(f'{where}: a mesh needs an element "vertex" with x, y and z; found {sorted(tables)}')
    columns = {name: values for name, values in tables['vertex'].items() if isinstance(values, np.ndarray)}
    vertices = np.stack([columns.pop(name) for name in 'xyz'], axis=1)
    if not (doubles and vertices.dtype == np.float64):
        with np.errstate(over='ignore'):  # doubles beyond the float32 range become inf, which callers look for
            vertices = vertices.astype(np.float32)
    colors = None
    if all(name in columns for name in _COLOR_NAMES):
        colors = stored_colors(np.stack([columns.pop(name) for name in _COLOR_NAMES], axis=1), where)
    faces = _triangles(tables['face'], len(vertices), where) if 'face' in tables else None
    return PlyMesh(vertices, colors, faces, columns)


def _triangles(table: Columns, vertex_count: int, where: str) -> np.ndarray:
    polygons = table.get('vertex_indices', table.get('vertex_index'))
    if not isinstance(polygons, ListColumn):
        raise FileFormatError(f'{where}: element "face" needs a list property "vertex_indices"; found {sorted(table)}')
    return triangles(polygons.lengths, polygons.values, vertex_count, where)


def write_ply(path: str | Path, mesh: PlyMesh, file_format: str = 'binary_little_endian', comments: Sequence[str] = ()) -> None:
    """Write ``mesh`` whole or not at all. ``file_format``: ascii, binary_little_endian or binary_big_endian."""
    if file_format not in _BYTE_ORDERS:
        raise DataError(f'PLY format {file_format!r} is not one of {", ".join(_BYTE_ORDERS)}')
    order = _BYTE_ORDERS[file_format]
    tables = {'vertex': _vertex_table(mesh, order)}
    if mesh.faces is not None:
        tables['face'] = _face_table(mesh.faces, len(mesh.vertices), order)
    lines = ['ply', f'format {file_format} 1.0', *(f'comment {comment}' for comment in comments)]
    for name, table in tables.items():
        lines += [f'element {name} {len(table)}', *_property_lines(table.dtype)]
    body = [_as_text(table) if file_format == 'ascii' else table.tobytes() for table in tables.values()]
    write_bytes(path, ('\n'.join([*lines, 'end_header']) + '\n').encode('ascii') + b''.join(body))


def _vertex_table(mesh: PlyMesh, order: str) -> np.ndarray:
    columns = dict(zip('xyz', np.asarray(mesh.vertices, np.float32).reshape(-1, 3).T, strict=True))
    if mesh.colors is not None:
        columns |= dict(zip(_COLOR_NAMES, np.asarray(mesh.colors, np.uint8).reshape(-1, 3).T, strict=True))
    columns |= mesh.extra
    for name, values in columns.items():
        if np.shape(values) != (len(mesh.vertices),) or values.dtype.str[1:] not in _TYPE_NAMES or not _plain(name):
            raise DataError(
                f'PLY vertex property {name!r} must be a plain name with {len(mesh.vertices)} numbers of at most 4 bytes '
                f'(or double); got shape {np.shape(values)}, {values.dtype}'
            )
    table = np.empty(len(mesh.vertices), [(name, order + values.dtype.str[1:]) for name, values in columns.items()])
    for name, values in columns.items():
        table[name] = values
    return table


def _plain(name: str) -> bool:
    return name.isascii() and name.isprintable() and name != '' and ' ' not in name


def _face_table(faces: np.ndarray, vertex_count: int, order: str) -> np.ndarray:
    if faces.ndim != 2 or faces.shape[1] != 3 or (faces.size and not 0 <= faces.min() <= faces.max() < vertex_count):
        raise DataError(f'PLY faces must be [F, 3] with indices in 0..{vertex_count - 1}; got shape {faces.shape}')
    table = np.empty(len(faces), [('count', 'u1'), ('vertex_indices', f'{order}i4', (3,))])
    table['count'] = 3
    table['vertex_indices'] = faces
    return table


def _property_lines(row: np.dtype) -> list[str]:
    names = row.names or ()
    if 'vertex_indices' in names:
        return ['property list uchar int vertex_indices']
    return [f'property {_TYPE_NAMES[row[name].str[1:]]} {name}' for name in names]


def _as_text(table: np.ndarray) -> bytes:
    # numpy's own conversion to text gives the shortest digits that read back as the same float32
    columns = [table[name].astype(str) for name in table.dtype.names or ()]
    words = np.column_stack(columns).tolist()
    return ''.join(f'{" ".join(row)}\n' for row in words).encode('ascii')
