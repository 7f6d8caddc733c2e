"""Point clouds of the Point Cloud Library (.pcd): ascii, binary and binary_compressed."""

import io
import struct
from dataclasses import dataclass
from mmap import mmap
from pathlib import Path

import numpy as np

from uniseg3d.io.lzf import BEST_RATIO, lzf_decompress
from uniseg3d.io.raw_cloud import RawCloud, map_file, stored_colors, unpack_colors
from uniseg3d.utils.errors import FileFormatError

KINDS = {'I': 'i', 'U': 'u', 'F': 'f'}
LONGEST_HEADER = 1 << 16
FORMATS = ('ascii', 'binary', 'binary_compressed')


@dataclass(frozen=True)
class Header:
    """What the text before the data says."""

    row: np.dtype  # one field per column; those named _ are padding
    points: int
    data: str  # one of FORMATS
    size: int  # bytes up to the first data byte


def read_pcd(path: str | Path) -> RawCloud:
    """Read positions, colours (packed ``rgb`` or ``rgba``, or r, g, b) and normals."""
    where, data = str(path), map_file(path)
    header = _parse_header(data, where)
    read = {'ascii': _read_ascii, 'binary': _read_binary, 'binary_compressed': _read_compressed}[header.data]
    columns = read(data, header, where)
    if header.points == 0:
        raise FileFormatError(f'{where} holds no points')
    return cloud_of_columns(columns, where)


def cloud_of_columns(columns: dict[str, np.ndarray], where: str) -> RawCloud:
    """Positions, colours and normals among fields [N] that are called as the Point Cloud Library calls them."""
    names = set(columns)
    if not {'x', 'y', 'z'} <= names:
        raise FileFormatError(f'{where} needs the fields x, y and z; it has {", ".join(columns)}')
    normals = ('normal_x', 'normal_y', 'normal_z')
    return RawCloud(
        _stack(columns, ('x', 'y', 'z'), np.float64 if columns['x'].dtype == np.float64 else np.float32),
        _colors(columns, where),
        _stack(columns, normals, np.float32) if names.issuperset(normals) else None,
    )


def _parse_header(data: mmap, where: str) -> Header:
    start = data[:LONGEST_HEADER]
    end = start.find(b'\nDATA ')
    newline = start.find(b'\n', end + 1) if end >= 0 else -1
    if newline < 0:
        raise FileFormatError(
            f'{where} has no line "DATA ..." in its first {LONGEST_HEADER} bytes; it is no PCD file or cut off'
        )
    lines = [line.split() for line in start[:newline].decode('latin-1').splitlines() if line and line[0] != '#']
    entries = {words[0]: words[1:] for words in lines if words}
    try:
        row = _row_type(entries)
        points = int(entries['POINTS'][0]) if 'POINTS' in entries else int(entries['WIDTH'][0]) * int(entries['HEIGHT'][0])
        kind = entries['DATA'][0]
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise FileFormatError(f'{where}: cannot understand the PCD header ({type(error).__name__}: {error})') from None
    if kind not in FORMATS or points < 0:
        raise FileFormatError(f'{where}: DATA {kind!r} must be one of {", ".join(FORMATS)}, and POINTS {points} not negative')
    return Header(row, points, kind, newline + 1)


def _row_type(entries: dict[str, list[str]]) -> np.dtype:
    names, sizes, kinds = entries['FIELDS'], entries['SIZE'], entries['TYPE']
    counts = entries.get('COUNT', ['1'] * len(names))
    columns: list[tuple] = []
    for index, (name, size, kind, count) in enumerate(zip(names, sizes, kinds, counts, strict=True)):
        if not 0 < int(count) < LONGEST_HEADER:
            raise ValueError(f'COUNT {count}')
        shape = () if int(count) == 1 else (int(count),)
        columns.append((f'_{index}' if name == '_' else name, f'<{KINDS[kind]}{int(size)}', shape))
    return np.dtype(columns)


def _read_ascii(data: mmap, header: Header, where: str) -> dict[str, np.ndarray]:
    _require(len(data) - header.size >= 2 * header.points, header, len(data) - header.size, where)
    try:
        text = io.BytesIO(data[header.size :])
        table = np.loadtxt(text, comments=None, ndmin=2, max_rows=header.points, encoding='latin-1')
    except ValueError as error:
        raise FileFormatError(f'{where}: the data is not rows of numbers ({error})') from None
    widths = [int(np.prod(header.row[name].shape)) for name in header.row.names or ()]
    table = table if header.points else np.zeros((0, sum(widths)))  # numpy gives nothing a width of its own
    if table.shape != (header.points, sum(widths)):
        raise FileFormatError(f'{where}: expected {header.points} rows of {sum(widths)} numbers, found {list(table.shape)}')
    starts = np.cumsum([0, *widths])
    columns = {n: table[:, a] for n, a, w in zip(header.row.names or (), starts, widths, strict=False) if w == 1}
    with np.errstate(invalid='ignore', over='ignore'):
        return {name: column.astype(header.row[name]) for name, column in columns.items()}


def _read_binary(data: mmap, header: Header, where: str) -> dict[str, np.ndarray]:
    needed, left = header.points * header.row.itemsize, len(data) - header.size
    _require(needed <= left, header, left, where)
    table = np.frombuffer(data, header.row, header.points, header.size)
    return {name: table[name].copy() for name in header.row.names or () if table[name].ndim == 1}


def _read_compressed(data: mmap, header: Header, where: str) -> dict[str, np.ndarray]:
    """Field by field: all x, then all y, ..."""
    left = len(data) - header.size - 8
    packed, size = struct.unpack_from('<II', data, header.size) if left >= 0 else (0, 0)
    _require(packed <= left and size == header.points * header.row.itemsize, header, max(left, 0), where)
    content, sound = np.zeros(0, np.uint8), size <= packed * BEST_RATIO  # before anything is allocated
    if sound:
        content, sound = lzf_decompress(np.frombuffer(data, np.uint8, packed, header.size + 8), size)
    if not sound:
        raise FileFormatError(f'{where}: the compressed data is damaged; write the file again')
    columns, offset = {}, 0
    for name in header.row.names or ():
        base, shape = header.row[name].base, header.row[name].shape
        count = header.points * int(np.prod(shape))
        if not shape:
            columns[name] = np.frombuffer(content, base, count, offset)
        offset += count * base.itemsize
    return columns


def _require(fits: bool, header: Header, left: int, where: str) -> None:
    if not fits:
        raise FileFormatError(
            f'{where} promises {header.points} points of {header.row.itemsize} bytes ({header.data}), but {left} bytes are '
            'left; the file is cut off or its header is wrong'
        )


def _stack(columns: dict[str, np.ndarray], names: tuple[str, ...], dtype: type) -> np.ndarray:
    return np.stack([columns[name] for name in names], axis=1).astype(dtype)


def _colors(columns: dict[str, np.ndarray], where: str) -> np.ndarray | None:
    packed = columns.get('rgb', columns.get('rgba'))
    if packed is not None and packed.dtype.itemsize == 4:
        return unpack_colors(np.ascontiguousarray(packed).view(np.uint32))
    if {'r', 'g', 'b'} <= set(columns):
        return stored_colors(np.stack([columns[name] for name in 'rgb'], axis=1), where)
    return None
