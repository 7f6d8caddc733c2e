"""ROS 2 messages with points (sensor_msgs/PointCloud2): read, and sent on with labels.

Nothing of ROS is imported: what is read only has to have the fields of such a message, and what is made is of the same types.
"""

from array import array
from collections.abc import Mapping
from typing import Any

import numpy as np

from uniseg3d.io.pcd import cloud_of_columns
from uniseg3d.io.raw_cloud import RawCloud
from uniseg3d.utils.errors import DataError

# PointField.datatype
KINDS = {1: 'i1', 2: 'u1', 3: 'i2', 4: 'u2', 5: 'i4', 6: 'u4', 7: 'f4', 8: 'f8'}
INT32 = 5
LABEL_BYTES = 4
WHERE = 'the PointCloud2 message'


def read_point_cloud2(message: Any) -> RawCloud:
    """Positions, colours (``rgb`` or ``rgba`` packed, or r, g, b) and normals; metres, z up, as REP 103 has it.

    Lost points are NaN, as in the message.
    """
    table = _points(message)
    columns = {name: np.ascontiguousarray(table[name]) for name in table.dtype.names or () if table[name].ndim == 1}
    native = {name: column.astype(column.dtype.newbyteorder('=')) for name, column in columns.items()}
    cloud = cloud_of_columns(native, WHERE)
    cloud.metric_z_up = True
    return cloud


def with_labels(message: Any, labels: Mapping[str, np.ndarray]) -> Any:
    """The same points, frame and time, and for each name in ``labels`` [N] one more field of 32-bit integers."""
    table = _points(message)
    for name, values in labels.items():
        if np.shape(values) != (len(table),):
            raise DataError(f'{name} has the shape {np.shape(values)}, but the message has {len(table)} points')
        if name in (table.dtype.names or ()):
            raise DataError(f'the points have a field {name} already; give the labels another name')
    order = '>' if message.is_bigendian else '<'
    old = np.frombuffer(table.tobytes(), np.uint8).reshape(len(table), message.point_step)
    new = [
        np.asarray(values).astype(f'{order}i4').view(np.uint8).reshape(len(table), LABEL_BYTES) for values in labels.values()
    ]
    step = message.point_step + LABEL_BYTES * len(new)
    field = type(message.fields[0])
    added = [
        field(name=name, offset=message.point_step + LABEL_BYTES * place, datatype=INT32, count=1)
        for place, name in enumerate(labels)
    ]
    return type(message)(
        header=message.header,
        height=message.height,
        width=message.width,
        fields=[*message.fields, *added],
        is_bigendian=message.is_bigendian,
        point_step=step,
        row_step=step * message.width,
        data=array('B', np.concatenate([old, *new], axis=1).tobytes()),
        is_dense=message.is_dense,
    )


def _points(message: Any) -> np.ndarray:
    """Structured array [N] of the fields, without what pads the rows."""
    width, height, step = message.width, message.height, message.point_step
    data = np.frombuffer(bytes(message.data), np.uint8)
    if width * height == 0 or not message.fields:
        raise DataError(f'{WHERE} holds no points')
    if message.row_step < width * step or len(data) < height * message.row_step:
        raise DataError(
            f'{WHERE} promises {height} rows of {message.row_step} bytes for {width} points of {step} bytes, '
            f'but has {len(data)} bytes'
        )
    rows = data[: height * message.row_step].reshape(height, message.row_step)[:, : width * step]
    return np.ascontiguousarray(rows).reshape(-1).view(_row_type(message))


def _row_type(message: Any) -> np.dtype:
    order, formats, ends = '>' if message.is_bigendian else '<', [], [0]
    for field in message.fields:
        if field.datatype not in KINDS:
            raise DataError(f'{WHERE}: the field {field.name} has the unknown datatype {field.datatype}')
        kind = np.dtype(f'{order}{KINDS[field.datatype]}')
        formats.append(kind if field.count == 1 else np.dtype((kind, (field.count,))))
        ends.append(field.offset + kind.itemsize * field.count)
    if max(ends) > message.point_step:
        raise DataError(f'{WHERE}: fields reach beyond the {message.point_step} bytes of a point')
    names, offsets = [field.name for field in message.fields], [field.offset for field in message.fields]
    return np.dtype({'names': names, 'formats': formats, 'offsets': offsets, 'itemsize': message.point_step})
