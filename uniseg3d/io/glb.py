"""Writing point clouds as binary glTF, which browsers and 3D tools show as they are; gltf.py reads them."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

from uniseg3d.io.gltf import BINARY_CHUNK, JSON_CHUNK, MAGIC, POINTS, VERSION
from uniseg3d.utils.errors import DataError
from uniseg3d.utils.files import write_bytes

_FLOAT, _UINT8, _ARRAY_BUFFER = 5126, 5121, 34962
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
    chunks = _chunk(JSON_CHUNK, document, b' ') + _chunk(BINARY_CHUNK, xyz.tobytes() + rgba.tobytes(), b'\0')
    write_bytes(path, struct.pack('<4sII', MAGIC, VERSION, 12 + len(chunks)) + chunks)


def _document(xyz: np.ndarray) -> dict[str, Any]:
    count, split = len(xyz), xyz.nbytes
    low, high = xyz.min(0).tolist(), xyz.max(0).tolist()
    return {
        'asset': {'version': '2.0', 'generator': 'uniseg3d'},
        'extensionsUsed': ['KHR_materials_unlit'],
        'scene': 0,
        'scenes': [{'nodes': [0]}],
        'nodes': [{'mesh': 0, 'matrix': _Z_UP_TO_Y_UP}],
        'meshes': [{'primitives': [{'mode': POINTS, 'attributes': {'POSITION': 0, 'COLOR_0': 1}, 'material': 0}]}],
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
