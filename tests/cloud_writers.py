"""Writers of the formats that the package only reads, from their public descriptions."""

import struct

import numpy as np


def write_pcd(path, xyz, colors, data, normals=None):
    """A .pcd file with x y z rgb (packed into a float), ``data``: ascii, binary or binary_compressed."""
    packed = (colors.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)).astype('<u4').view('<f4')
    names, kinds, sizes, counts = 'x y z _ rgb', 'F F F U F', '4 4 4 1 4', '1 1 1 3 1'
    row = np.dtype([('x', '<f4'), ('y', '<f4'), ('z', '<f4'), ('_', 'u1', (3,)), ('rgb', '<f4')])
    table = np.zeros(len(xyz), row)
    for axis, name in enumerate('xyz'):
        table[name] = xyz[:, axis]
    table['rgb'] = packed
    header = (
        f'# .PCD v0.7 - Point Cloud Data file format\nVERSION 0.7\nFIELDS {names}\nSIZE {sizes}\nTYPE {kinds}\nCOUNT {counts}\n'
        f'WIDTH {len(xyz)}\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS {len(xyz)}\nDATA {data}\n'
    )
    if data == 'ascii':
        rows = zip(xyz.astype(str), packed, strict=True)
        body = ''.join(f'{" ".join(p)} 0 0 0 {float(c)!r}\n' for p, c in rows).encode()
    elif data == 'binary':
        body = table.tobytes()
    else:
        content = b''.join(np.ascontiguousarray(table[name]).tobytes() for name in row.names)
        packed_content = literal_lzf(content)
        body = struct.pack('<II', len(packed_content), len(content)) + packed_content
    path.write_bytes(header.encode() + body)


def literal_lzf(content):
    """LZF without any compression: runs of 32 bytes."""
    runs = [content[i : i + 32] for i in range(0, len(content), 32)]
    return b''.join(bytes([len(run) - 1]) + run for run in runs)


def write_las(path, xyz, colors=None, kind=2, scale=0.001, shift=(500000.0, 4100000.0, 120.0), shade=257):
    """LAS 1.2, or 1.4 for point formats from 6 on; colours are stored times ``shade``."""
    late = kind >= 6
    at = {0: None, 1: None, 2: 20, 3: 28, 6: None, 7: 30}[kind]
    length = {0: 20, 1: 28, 2: 26, 3: 34, 6: 30, 7: 36}[kind]
    size = 375 if late else 227
    header = bytearray(size)
    header[:4], header[24:26] = b'LASF', bytes([1, 4 if late else 2])
    struct.pack_into('<HI', header, 94, size, size)
    struct.pack_into('<BHI', header, 104, kind, length, 0 if late else len(xyz))
    struct.pack_into('<6d', header, 131, scale, scale, scale, *shift)
    if late:
        struct.pack_into('<Q', header, 247, len(xyz))
    records = np.zeros((len(xyz), length), np.uint8)
    records[:, :12] = np.round(xyz / scale).astype('<i4').view(np.uint8).reshape(-1, 12)
    if at is not None and colors is not None:
        records[:, at : at + 6] = (colors.astype('<u2') * shade).view(np.uint8).reshape(-1, 6)
    path.write_bytes(bytes(header) + records.tobytes())


def write_obj(path, xyz, colors=None, faces=None):
    """Vertices, with colours in 0..1 behind them, and faces."""
    tail = [''] * len(xyz) if colors is None else [' ' + ' '.join(f'{c / 255:.6f}' for c in row) for row in colors]
    lines = [f'v {x!r} {y!r} {z!r}{t}' for (x, y, z), t in zip(xyz.tolist(), tail, strict=True)]
    lines += [] if faces is None else [f'f {a + 1}/{a + 1} {b + 1}/{b + 1} {c + 1}/{c + 1}' for a, b, c in faces]
    path.write_text('# made for a test\n' + '\n'.join(lines) + '\n')
