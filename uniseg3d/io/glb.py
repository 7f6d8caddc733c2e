"""Point clouds as binary glTF, which browsers and 3D tools show as they are."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

from uniseg3d.utils.errors import DataError, FileFormatError
from uniseg3d.utils.files import write_bytes

_MAGIC, _VERSION = b'glTF', 2
_JSON, _BIN = 0x4E4F534A, 0x004E4942
_FLOAT, _UINT8, _ARRAY_BUFFER, _POINTS = 5126, 5121, 34962, 0
# column-major: z up and y forward become glTF's y up and -z forward
_Z_UP_TO_Y_UP = [1, 0, 0, 0, 0, 0, -1, 0, 0, 1, 0, 0, 0, 0, 0, 1]


def write_glb(path: str | Path, xyz: np.ndarray, colors: np.ndarray) -> None:
    """Write points [N, 3] in metres, z up, with colours [N, 3] uint8; the file turns them to glTF's y up by its node."""
    xyz = np.ascontiguousarray(xyz, dtype='<f4')
    if xyz.ndim != 2 or xyz.shape[1] != 3 or not len(xyz) or colors.shape != xyz.shape:
        raise DataError(f'a GLB cloud needs points and colours [N, 3] with N > 0, got {xyz.shape} and {colors.shape}')
    rgba = np.full((len(xyz), 4), 255, dtype=np.uint8)
    rgba[:, :3] = colors
    document = json.dumps(_document(xyz), separators=(',', ':')).encode()
    chunks = _chunk(_JSON, document, b' ') + _chunk(_BIN, xyz.tobytes() + rgba.tobytes(), b'\0')
    write_bytes(path, struct.pack('<4sII', _MAGIC, _VERSION, 12 + len(chunks)) + chunks)


def read_glb(path: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """Points [N, 3] float32 in metres, z up, and colours [N, 3] uint8 of a file that :func:`write_glb` wrote."""
    document, binary = _read_chunks(Path(path))
    try:
        attributes = document['meshes'][0]['primitives'][0]['attributes']
        xyz = _column(document, binary, attributes['POSITION'], '<f4', 3)
        rgba = _column(document, binary, attributes['COLOR_0'], 'u1', 4)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise FileFormatError(
            f'{path} holds no point cloud with POSITION and COLOR_0 of the kind this package writes'
        ) from error
    return xyz, rgba[:, :3]


def _document(xyz: np.ndarray) -> dict[str, Any]:
    count, split = len(xyz), xyz.nbytes
    low, high = xyz.min(0).tolist(), xyz.max(0).tolist()
    return {
        'asset': {'version': '2.0', 'generator': 'uniseg3d'},
        'extensionsUsed': ['KHR_materials_unlit'],
        'scene': 0,
        'scenes': [{'nodes': [0]}],
        'nodes': [{'mesh': 0, 'matrix': _Z_UP_TO_Y_UP}],
        'meshes': [{'primitives': [{'mode': _POINTS, 'attributes': {'POSITION': 0, 'COLOR_0': 1}, 'material': 0}]}],
        'materials': [{'extensions': {'KHR_materials_unlit': {}}}],
        'accessors': [
            {'bufferView': 0, 'componentType': _FLOAT, 'type': 'VEC3', 'count': count, 'min': low, 'max': high},
            {'bufferView': 1, 'componentType': _UINT8, 'type': 'VEC4', 'count': count, 'normalized': True},
        ],
        'bufferViews': [
            {'buffer': 0, 'byteOffset': 0, 'byteLength': split, 'target': _ARRAY_BUFFER},
            {'buffer': 0, 'byteOffset': split, 'byteLength': 4 * count, 'target': _ARRAY_BUFFER},
        ],
        'buffers': [{'byteLength': split + 4 * count}],
    }


def _chunk(kind: int, data: bytes, padding: bytes) -> bytes:
    data += padding * (-len(data) % 4)
    return struct.pack('<II', len(data), kind) + data


def _read_chunks(path: Path) -> tuple[dict[str, Any], bytes]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f'cannot read {path}: {error.strerror}') from error
    if len(data) < 20 or data[:4] != _MAGIC or struct.unpack_from('<II', data, 4) != (_VERSION, len(data)):
        raise FileFormatError(f'{path} is not a whole binary glTF 2 file')
    chunks, start = {}, 12
    while start + 8 <= len(data):
        length, kind = struct.unpack_from('<II', data, start)
        chunks[kind] = data[start + 8 : start + 8 + length]
        start += 8 + length
    try:
        return json.loads(chunks[_JSON]), chunks.get(_BIN, b'')
    except (KeyError, ValueError) as error:
        raise FileFormatError(f'{path} has no readable JSON chunk') from error


def _column(document: dict[str, Any], binary: bytes, accessor: int, kind: str, width: int) -> np.ndarray:
    record = document['accessors'][accessor]
    start = document['bufferViews'][record['bufferView']]['byteOffset']
    return np.frombuffer(binary, kind, record['count'] * width, start).reshape(-1, width)
