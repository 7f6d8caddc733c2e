"""ScanNet's ``.sens`` recordings: RGB-D frames with poses in one file (version 4, little endian, packed).

Cameras are OpenCV camera-to-world, metres. A frame whose tracking was lost has a pose that is not finite.
"""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from uniseg3d.io.images import decode_color, encode_jpeg, encode_png
from uniseg3d.io.sens_header import SensHeader, header_bytes, read_header
from uniseg3d.utils.errors import DataError, FileFormatError
from uniseg3d.utils.files import atomic_path

__all__ = ['SensFile', 'SensFrame', 'SensHeader', 'write_sens']

_FRAME = struct.Struct('<16f4Q')  # pose, two time stamps, two byte counts


@dataclass
class SensFrame:
    """One frame to write. Colour that is bytes already is stored as it is."""

    camera_to_world: np.ndarray  # [4, 4]
    color: np.ndarray | bytes  # [H, W, 3] uint8, or encoded as the header says
    depth: np.ndarray  # [H, W] uint16, 0 = no measurement
    times: tuple[int, int] = (0, 0)  # of colour and depth, microseconds


class _Place(NamedTuple):
    """Where the parts of a frame lie."""

    pose: np.ndarray  # [4, 4] float32
    times: tuple[int, int]
    color: tuple[int, int]  # offset, bytes
    depth: tuple[int, int]


class SensFile:
    """Frames of a ``.sens`` file by number; opening it reads headers only.

    Of a file that was cut off the first ``whole`` of ``len(file)`` frames can be read; asking for another one raises.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            with open(self.path, 'rb') as file:
                self.size = self.path.stat().st_size
                self.header, self._count = read_header(file, self.path)
                self._places = self._index(file)
        except OSError as error:
            raise DataError(f'cannot read {self.path}: {error.strerror}') from error

    def __len__(self) -> int:
        """Number of frames that the header promises."""
        return self._count

    @property
    def whole(self) -> int:
        """Number of frames that are there, from the first on."""
        return len(self._places)

    @property
    def fault(self) -> str | None:
        """What the file lacks, naming the first frame that is not whole."""
        if self.whole == len(self):
            return None
        return f'{self.path} is cut off in frame {self.whole} of {len(self)} ({self.size} bytes); download it again'

    def pose(self, number: int) -> np.ndarray:
        """Camera to world [4, 4] float32; all -inf where tracking was lost."""
        return self._place(number).pose

    def tracked(self, number: int) -> bool:
        """Whether the pose of a frame is known."""
        return bool(np.isfinite(self.pose(number)).all())

    def times(self, number: int) -> tuple[int, int]:
        """Time stamps of colour and depth, microseconds."""
        return self._place(number).times

    def color_bytes(self, number: int) -> bytes:
        """Colour as it is stored, compressed as the header says."""
        return self._payload(self._place(number).color)

    def color(self, number: int) -> np.ndarray:
        """Picture [H, W, 3] uint8 RGB."""
        where, size = self._where(number, 'colour'), self.header.color_size
        data = self.color_bytes(number)
        if self.header.color_compression != 'raw':
            image = decode_color(data, where)
        else:
            image = _shaped(data, np.uint8, (*size, 3), where)
        if image.shape[:2] != size:
            raise FileFormatError(f'{where}: expected {size[1]} x {size[0]} pixels, got {image.shape[1]} x {image.shape[0]}')
        return image

    def depth(self, number: int) -> np.ndarray:
        """Depth along the viewing axis [H, W] uint16, in steps of 1 / ``depth_shift`` metres; 0 = no measurement."""
        where, size = self._where(number, 'depth'), self.header.depth_size
        data = self._payload(self._place(number).depth)
        if self.header.depth_compression == 'zlib':
            data = _inflate(data, 2 * size[0] * size[1], where)
        return _shaped(data, np.dtype('<u2'), size, where).astype(np.uint16)

    def _where(self, number: int, part: str) -> str:
        return f'{self.path}, frame {number}, {part}'

    def _place(self, number: int) -> _Place:
        if not 0 <= number < len(self):
            raise DataError(f'{self.path} has the frames 0..{len(self) - 1}, asked for {number}')
        if number >= self.whole:
            raise FileFormatError(f'{self.path}: frame {number} is missing, the file is cut off in frame {self.whole}')
        return self._places[number]

    def _payload(self, place: tuple[int, int]) -> bytes:
        with open(self.path, 'rb') as file:
            file.seek(place[0])
            return file.read(place[1])

    def _index(self, file: BinaryIO) -> list[_Place]:
        """Places of the frames that are whole; stops at the end of a file that was cut off."""
        places: list[_Place] = []
        while len(places) < self._count:
            head = file.read(_FRAME.size)
            if len(head) < _FRAME.size:
                break
            *pose, color_time, depth_time, color, depth = _FRAME.unpack(head)
            start = file.tell()
            if start + color + depth > self.size:
                break
            matrix = np.array(pose, np.float32).reshape(4, 4)
            places.append(_Place(matrix, (color_time, depth_time), (start, color), (start + color, depth)))
            file.seek(start + color + depth)
        return places


def write_sens(path: str | Path, header: SensHeader, frames: Iterable[SensFrame]) -> int:
    """Write frames one after the other, whole or not at all; returns their number."""
    header.check(str(path))
    count = 0
    with atomic_path(path) as temporary, open(temporary, 'wb') as file:
        file.write(header_bytes(header, 0))
        for count, frame in enumerate(frames, start=1):
            file.write(_frame_bytes(header, frame, f'{path}, frame {count - 1}'))
        file.write(struct.pack('<Q', 0))  # no inertial records
        file.seek(0)
        file.write(header_bytes(header, count))
    return count


def _frame_bytes(header: SensHeader, frame: SensFrame, where: str) -> bytes:
    if frame.depth.shape != header.depth_size or frame.depth.dtype != np.uint16:
        raise DataError(
            f'{where}: depth must be uint16 of shape {header.depth_size}, got {frame.depth.dtype} {frame.depth.shape}'
        )
    color = frame.color if isinstance(frame.color, bytes) else _encode_color(header, frame.color, where)
    depth = frame.depth.astype('<u2').tobytes()
    depth = zlib.compress(depth) if header.depth_compression == 'zlib' else depth
    pose = np.asarray(frame.camera_to_world, np.float32).reshape(16).tolist()
    return _FRAME.pack(*pose, *frame.times, len(color), len(depth)) + color + depth


def _encode_color(header: SensHeader, image: np.ndarray, where: str) -> bytes:
    if image.shape != (*header.color_size, 3) or image.dtype != np.uint8:
        raise DataError(f'{where}: colour must be uint8 of shape {(*header.color_size, 3)}, got {image.dtype} {image.shape}')
    if header.color_compression == 'raw':
        return image.tobytes()
    return encode_png(image) if header.color_compression == 'png' else encode_jpeg(image)


def _inflate(data: bytes, size: int, where: str) -> bytes:
    """Zlib stream of at most ``size`` bytes; a longer one is not unpacked to its end."""
    try:
        return zlib.decompressobj().decompress(data, size + 1)
    except zlib.error as error:
        raise FileFormatError(f'{where} is no zlib stream ({error})') from error


def _shaped(data: bytes, dtype: Any, shape: tuple[int, ...], where: str) -> np.ndarray:
    expected = int(np.prod(shape)) * np.dtype(dtype).itemsize
    if len(data) != expected:
        raise FileFormatError(f'{where}: expected {expected} bytes, got {len(data)}')
    return np.frombuffer(data, dtype).reshape(shape)
