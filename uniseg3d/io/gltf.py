"""Binary glTF scenes (.glb) as one cloud: every mesh of the scene, where its nodes put it."""

import io
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from uniseg3d.io.polygons import triangles
from uniseg3d.io.raw_cloud import RawCloud, map_file
from uniseg3d.utils.errors import FileFormatError

MAGIC, VERSION = b'glTF', 2
JSON_CHUNK, BINARY_CHUNK = 0x4E4F534A, 0x004E4942
POINTS, TRIANGLES = 0, 4
NUMBERS = {5120: 'i1', 5121: 'u1', 5122: '<i2', 5123: '<u2', 5125: '<u4', 5126: '<f4'}
WIDTHS = {'SCALAR': 1, 'VEC2': 2, 'VEC3': 3, 'VEC4': 4}
TOO_CLEVER = ('KHR_draco_mesh_compression', 'EXT_meshopt_compression')
Y_UP_TO_Z_UP = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], np.float64)
LARGEST_TEXTURE = 1 << 26  # pixels


@dataclass
class _Part:
    """One primitive, placed."""

    xyz: np.ndarray  # [N, 3] float64, y up
    colors: np.ndarray | None  # [N, 3] uint8
    faces: np.ndarray | None  # [F, 3]


def read_glb(path: str | Path) -> RawCloud:
    """Points and triangles in metres, turned to z up; colours of vertices, else of the texture at each vertex."""
    where = str(path)
    document, binary = _read_chunks(Path(path))
    clever = [name for name in document.get('extensionsRequired', ()) if name in TOO_CLEVER]
    if clever:
        raise FileFormatError(f'{where} is compressed with {clever[0]}, which is not read; export it without compression')
    try:
        parts = list(_Scene(document, binary, where).parts())
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise FileFormatError(f'{where} holds no readable geometry ({type(error).__name__}: {error})') from error
    if not parts:
        raise FileFormatError(f'{where} shows no points and no triangles')
    return _join(parts)


def _join(parts: list[_Part]) -> RawCloud:
    xyz = np.concatenate([part.xyz for part in parts])
    colors = None
    if any(part.colors is not None for part in parts):
        white = (np.full((len(part.xyz), 3), 255, np.uint8) if part.colors is None else part.colors for part in parts)
        colors = np.concatenate(list(white))
    starts = np.cumsum([0, *(len(part.xyz) for part in parts)])
    faces = [part.faces + start for part, start in zip(parts, starts, strict=False) if part.faces is not None]
    return RawCloud(
        (xyz @ Y_UP_TO_Z_UP.T).astype(np.float32), colors, faces=np.concatenate(faces) if faces else None, metric_z_up=True
    )


def _read_chunks(path: Path) -> tuple[dict[str, Any], memoryview]:
    data = memoryview(map_file(path))
    if len(data) < 20 or data[:4] != MAGIC or struct.unpack_from('<II', data, 4) != (VERSION, len(data)):
        raise FileFormatError(f'{path} is not a whole binary glTF 2 file')
    chunks: dict[int, memoryview] = {}
    start = 12
    while start + 8 <= len(data):
        length, kind = struct.unpack_from('<II', data, start)
        chunks.setdefault(kind, data[start + 8 : start + 8 + length])
        start += 8 + length
    try:
        document = json.loads(bytes(chunks[JSON_CHUNK]))
    except (KeyError, ValueError, RecursionError) as error:
        raise FileFormatError(f'{path} has no readable JSON chunk') from error
    if not isinstance(document, dict):
        raise FileFormatError(f'{path} has no readable JSON chunk')
    return document, chunks.get(BINARY_CHUNK, memoryview(b''))


class _Scene:
    """The document with its data, and ways to read both."""

    def __init__(self, document: dict[str, Any], binary: memoryview, where: str) -> None:
        self.document, self.binary, self.where = document, binary, where

    def parts(self) -> Iterator[_Part]:
        nodes = self.document.get('nodes', [])
        roots = (
            self.document['scenes'][self.document.get('scene', 0)]['nodes'] if 'scenes' in self.document else range(len(nodes))
        )
        waiting = [(int(root), np.eye(4)) for root in roots]
        for _ in range(len(nodes)):  # a node has one parent, so there are no more steps than nodes
            if not waiting:
                return
            index, above = waiting.pop()
            node, matrix = nodes[index], above @ _matrix(nodes[index])
            waiting += [(int(child), matrix) for child in node.get('children', ())]
            if 'mesh' in node:
                for primitive in self.document['meshes'][node['mesh']]['primitives']:
                    yield self._part(primitive, matrix)

    def _part(self, primitive: dict[str, Any], matrix: np.ndarray) -> _Part:
        mode = primitive.get('mode', TRIANGLES)
        if mode not in (POINTS, TRIANGLES):
            raise FileFormatError(f'{self.where}: primitives of mode {mode} are not read; export points or triangles')
        attributes = primitive['attributes']
        xyz = self._column(attributes['POSITION']).astype(np.float64)  # [N, 3]
        faces = self._faces(primitive, len(xyz)) if mode == TRIANGLES else None
        return _Part(xyz @ matrix[:3, :3].T + matrix[:3, 3], self._colors(primitive, len(xyz)), faces)

    def _faces(self, primitive: dict[str, Any], count: int) -> np.ndarray:
        corners = self._column(primitive['indices'])[:, 0] if 'indices' in primitive else np.arange(count)
        return triangles(np.full(len(corners) // 3, 3), corners[: len(corners) // 3 * 3], count, self.where)

    def _colors(self, primitive: dict[str, Any], count: int) -> np.ndarray | None:
        attributes = primitive['attributes']
        if 'COLOR_0' in attributes:
            return np.round(255 * self._column(attributes['COLOR_0'])[:, :3].clip(0, 1)).astype(np.uint8)
        if 'material' not in primitive:
            return None
        surface = self.document['materials'][primitive['material']].get('pbrMetallicRoughness', {})
        if 'baseColorTexture' in surface and 'TEXCOORD_0' in attributes:
            return self._texture_colors(surface['baseColorTexture']['index'], self._column(attributes['TEXCOORD_0']))
        if 'baseColorFactor' in surface:
            return np.tile(np.round(255 * np.array(surface['baseColorFactor'][:3])).astype(np.uint8), (count, 1))
        return None

    def _texture_colors(self, texture: int, places: np.ndarray) -> np.ndarray:
        """The texture at each vertex, ``places`` [N, 2] from its upper left corner; it repeats beyond its borders."""
        image = self.document['images'][self.document['textures'][texture]['source']]
        try:
            picture = Image.open(io.BytesIO(self._view(image['bufferView'])))
            if picture.width * picture.height > LARGEST_TEXTURE:
                raise FileFormatError(
                    f'{self.where}: a texture has {picture.width} x {picture.height} pixels; that is too many'
                )
            pixels = np.asarray(picture.convert('RGB'))
        except (OSError, Image.DecompressionBombError) as error:
            raise FileFormatError(f'{self.where}: a texture is no readable picture ({error})') from error
        place = np.nan_to_num(places.astype(np.float64)) % 1 * pixels.shape[1::-1]
        column, row = place.astype(int).clip(0, np.array(pixels.shape[1::-1]) - 1).T
        return pixels[row, column]

    def _column(self, accessor: int) -> np.ndarray:
        """Values [N, width] of an accessor; normalised integers become floats."""
        record = self.document['accessors'][accessor]
        if 'sparse' in record:
            raise FileFormatError(f'{self.where}: sparse accessors are not read; export it without them')
        kind, width, count = np.dtype(NUMBERS[record['componentType']]), WIDTHS[record['type']], int(record['count'])
        view = self.document['bufferViews'][record['bufferView']]
        stride = int(view.get('byteStride', kind.itemsize * width))
        content, start = self._view(record['bufferView']), int(record.get('byteOffset', 0))
        if (
            count < 1
            or start < 0
            or stride < kind.itemsize * width
            or start + stride * (count - 1) + kind.itemsize * width > len(content)
        ):
            raise FileFormatError(f'{self.where}: accessor {accessor} reaches beyond its data; the file is damaged')
        values = np.ndarray((count, width), kind, content, start, (stride, kind.itemsize))
        if record.get('normalized') and kind.kind != 'f':
            return values / np.float32(np.iinfo(kind).max)
        return values

    def _view(self, index: int) -> memoryview:
        view = self.document['bufferViews'][index]
        if 'uri' in self.document['buffers'][view['buffer']]:
            raise FileFormatError(f'{self.where} keeps its data in other files; export it as one .glb')
        start, length = int(view.get('byteOffset', 0)), int(view['byteLength'])
        if start < 0 or length < 0 or start + length > len(self.binary):
            raise FileFormatError(f'{self.where}: its data ends early; the file is damaged')
        return self.binary[start : start + length]


def _matrix(node: dict[str, Any]) -> np.ndarray:
    """Transformation [4, 4] of a node, written as a matrix by columns or as translation, rotation and scale."""
    if 'matrix' in node:
        return np.array(node['matrix'], np.float64).reshape(4, 4).T
    x, y, z, w = np.array(node.get('rotation', (0, 0, 0, 1)), np.float64)
    rotation = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    matrix = np.eye(4)
    matrix[:3, :3] = rotation * np.array(node.get('scale', (1, 1, 1)), np.float64)
    matrix[:3, 3] = node.get('translation', (0, 0, 0))
    return matrix
