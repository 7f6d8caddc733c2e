"""Structures with the fields of sensor_msgs/PointCloud2, as the driver of a depth camera fills them."""

from array import array
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class PointField:
    name: str = ''
    offset: int = 0
    datatype: int = 0
    count: int = 0


@dataclass
class PointCloud2:
    header: Any = None
    height: int = 0
    width: int = 0
    fields: list = field(default_factory=list)
    is_bigendian: bool = False
    point_step: int = 0
    row_step: int = 0
    data: Any = b''
    is_dense: bool = False


def message(xyz, colors, height=1, padding=0, order='<', step=32):
    """x, y, z at 0, 4, 8, packed rgb as a float at 16, gaps, padded rows."""
    count = len(xyz)
    table = np.zeros(
        count, {'names': ['x', 'y', 'z', 'rgb'], 'formats': [f'{order}f4'] * 4, 'offsets': [0, 4, 8, 16], 'itemsize': step}
    )
    for axis, name in enumerate('xyz'):
        table[name] = xyz[:, axis]
    packed = (colors.astype(np.uint32) << [16, 8, 0]).sum(1).astype(np.uint32)
    table['rgb'] = packed.view(np.float32).astype(f'{order}f4') if order == '<' else packed.byteswap().view('>f4')
    width = count // height
    rows = np.frombuffer(table.tobytes(), np.uint8).reshape(height, width * step)
    data = np.pad(rows, ((0, 0), (0, padding))).tobytes()
    fields = [PointField(name, offset, 7, 1) for name, offset in zip(('x', 'y', 'z', 'rgb'), (0, 4, 8, 16), strict=True)]
    return PointCloud2('map at 12.5', height, width, fields, order == '>', step, width * step + padding, array('B', data))


def points(count=12):
    rng = np.random.default_rng(0)
    return rng.normal(size=(count, 3)).astype(np.float32), rng.integers(0, 256, (count, 3), dtype=np.uint8)
