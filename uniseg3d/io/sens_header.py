"""The head of a ``.sens`` file: cameras, sizes and how colour and depth are compressed."""

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from uniseg3d.io.images import MOST_PIXELS
from uniseg3d.utils.errors import FileFormatError

VERSION = 4
COLOR_CODES = {'raw': 0, 'png': 1, 'jpeg': 2}
DEPTH_CODES = {'raw': 0, 'zlib': 1}
_LONGEST_NAME = 1 << 16
_START = struct.Struct('<IQ')  # version, length of the sensor's name
_CAMERAS = struct.Struct('<64f')
_SETTINGS = struct.Struct('<2i4IfQ')  # compressions, sizes, depth shift, frames


def _identity() -> np.ndarray:
    return np.eye(4, dtype=np.float32)


@dataclass
class SensHeader:
    """What is the same for all frames. Matrices are [4, 4] float32; extrinsics lead to the base frame."""

    color_size: tuple[int, int]  # height, width
    depth_size: tuple[int, int]
    color_intrinsic: np.ndarray
    depth_intrinsic: np.ndarray
    color_extrinsic: np.ndarray = field(default_factory=_identity)
    depth_extrinsic: np.ndarray = field(default_factory=_identity)
    color_compression: str = 'jpeg'  # one of COLOR_CODES
    depth_compression: str = 'zlib'  # one of DEPTH_CODES
    depth_shift: float = 1000.0  # metres = value / shift
    sensor: str = 'uniseg3d'

    def check(self, where: str) -> None:
        """Refuse sizes and shifts that no recording has; ``where`` names the file."""
        for part, size in (('colour', self.color_size), ('depth', self.depth_size)):
            if not 0 < size[0] * size[1] <= MOST_PIXELS:
                raise FileFormatError(
                    f'{where}: {part} images of {size[1]} x {size[0]} pixels; expected 1 to {MOST_PIXELS} pixels'
                )
        if not (np.isfinite(self.depth_shift) and self.depth_shift > 0):
            raise FileFormatError(f'{where}: the depth shift must be positive, got {self.depth_shift}')


def read_header(file: BinaryIO, path: Path) -> tuple[SensHeader, int]:
    """Header and number of frames, from the start of an open file."""
    version, length = _unpack(file, _START, path)
    if version != VERSION:
        raise FileFormatError(f'{path} is no .sens file of version {VERSION}: it starts with {version}')
    if length > _LONGEST_NAME:
        raise FileFormatError(f'{path}: the sensor name is said to have {length} bytes; the file is corrupt')
    name = file.read(length)
    matrices = np.array(_unpack(file, _CAMERAS, path), np.float32).reshape(4, 4, 4)
    color, depth, color_width, color_height, depth_width, depth_height, shift, count = _unpack(file, _SETTINGS, path)
    header = SensHeader(
        color_size=(color_height, color_width),
        depth_size=(depth_height, depth_width),
        color_intrinsic=matrices[0],
        color_extrinsic=matrices[1],
        depth_intrinsic=matrices[2],
        depth_extrinsic=matrices[3],
        color_compression=_compression(color, COLOR_CODES, f'{path}: colour'),
        depth_compression=_compression(depth, DEPTH_CODES, f'{path}: depth'),
        depth_shift=shift,
        sensor=name.decode('utf-8', 'replace').rstrip('\0'),
    )
    header.check(str(path))
    return header, count


def header_bytes(header: SensHeader, count: int) -> bytes:
    """The header of a file with ``count`` frames; its length does not depend on them."""
    name = header.sensor.encode()
    matrices = (header.color_intrinsic, header.color_extrinsic, header.depth_intrinsic, header.depth_extrinsic)
    settings = _SETTINGS.pack(
        COLOR_CODES[header.color_compression],
        DEPTH_CODES[header.depth_compression],
        *header.color_size[::-1],
        *header.depth_size[::-1],
        header.depth_shift,
        count,
    )
    return _START.pack(VERSION, len(name)) + name + np.stack(matrices).astype('<f4').tobytes() + settings


def _compression(code: int, codes: dict[str, int], where: str) -> str:
    for name, number in codes.items():
        if number == code:
            return name
    raise FileFormatError(f'{where} compression {code} cannot be read; expected one of {codes}')


def _unpack(file: BinaryIO, layout: struct.Struct, path: Path) -> tuple[Any, ...]:
    data = file.read(layout.size)
    if len(data) < layout.size:
        raise FileFormatError(f'{path} is cut off in its header ({path.stat().st_size} bytes); download it again')
    return layout.unpack(data)
