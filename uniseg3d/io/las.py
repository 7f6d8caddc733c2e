"""LAS clouds of laser scanners; compressed .laz files through laspy."""

import struct
from dataclasses import dataclass
from mmap import mmap
from pathlib import Path

import numpy as np

from uniseg3d.io.raw_cloud import RawCloud, map_file
from uniseg3d.utils.errors import FileFormatError
from uniseg3d.utils.optional import import_optional

SHORTEST_HEADER = 227
COLORS_AT = {2: 20, 3: 28, 5: 28, 7: 30, 8: 30, 10: 30}  # byte of the record where the colours of a point format begin
COMPRESSED = 0b1100_0000  # bits of the point format


@dataclass(frozen=True)
class Header:
    """What is needed to find and scale the points."""

    offset: int  # of the first record
    kind: int  # point format
    length: int  # of a record
    count: int
    scale: np.ndarray  # [3]
    shift: np.ndarray  # [3]


def read_las(path: str | Path) -> RawCloud:
    """Positions float64 (coordinates are large) and, where the point format has them, colours."""
    where, data = str(path), map_file(path)
    header = _parse_header(data, where)
    if header.kind & COMPRESSED or Path(path).suffix.lower() == '.laz':
        return _read_laz(path)
    left = len(data) - header.offset
    if header.count * header.length > left:
        raise FileFormatError(
            f'{where} promises {header.count} points of {header.length} bytes, but {left} bytes are left; the file is cut off'
        )
    names, formats, offsets = ['xyz'], ['<3i4'], [0]
    if header.kind in COLORS_AT:
        names, formats, offsets = [*names, 'rgb'], [*formats, '<3u2'], [*offsets, COLORS_AT[header.kind]]
    row = np.dtype({'names': names, 'formats': formats, 'offsets': offsets, 'itemsize': header.length})
    records = np.frombuffer(data, row, header.count, header.offset)
    return _cloud(records['xyz'] * header.scale + header.shift, records['rgb'] if 'rgb' in names else None, where)


def _parse_header(data: mmap, where: str) -> Header:
    if data[:4] != b'LASF' or len(data) < SHORTEST_HEADER:
        raise FileFormatError(f'{where} is no whole LAS file: it has {len(data)} bytes and starts with {data[:4]!r}')
    offset = struct.unpack_from('<I', data, 96)[0]
    kind, length = struct.unpack_from('<BH', data, 104)
    count = struct.unpack_from('<I', data, 107)[0]
    if data[25] >= 4 and len(data) >= 255:  # version 1.4 counts to 64 bits
        count = struct.unpack_from('<Q', data, 247)[0] or count
    scale, shift = np.frombuffer(data, '<f8', 6, 131).reshape(2, 3)
    bytes_needed = max(12, COLORS_AT.get(kind & ~COMPRESSED, -6) + 6)
    if not (np.isfinite(scale).all() and np.isfinite(shift).all() and scale.all() and length >= bytes_needed):
        raise FileFormatError(f'{where}: the LAS header is damaged (scale {scale}, records of {length} bytes)')
    return Header(offset, kind, length, count, scale, shift)


def _read_laz(path: str | Path) -> RawCloud:
    laspy = import_optional('laspy', 'laz')
    try:
        cloud = laspy.read(path)
    except Exception as error:  # laspy and its back ends raise errors of several kinds
        raise FileFormatError(f'{path} is no readable .laz file ({type(error).__name__}: {error})') from error
    names = set(cloud.point_format.dimension_names)
    colors = np.stack([cloud.red, cloud.green, cloud.blue], axis=1) if 'red' in names else None
    return _cloud(np.asarray(cloud.xyz, dtype=np.float64), colors, str(path))


def _cloud(xyz: np.ndarray, rgb: np.ndarray | None, where: str) -> RawCloud:
    """Colours have 16 bits; some writers use the lower 8 only, some none at all."""
    if not len(xyz):
        raise FileFormatError(f'{where} holds no points')
    if rgb is None or not rgb.any():
        return RawCloud(xyz)
    return RawCloud(xyz, (rgb >> 8 if rgb.max() > 255 else rgb).astype(np.uint8))
