"""Recordings: what is written is read, in every compression; what is cut off or corrupt is named with its frame."""

import struct
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from uniseg3d.io.images import encode_jpeg
from uniseg3d.io.sens import SensFile, SensFrame, SensHeader, write_sens
from uniseg3d.utils.errors import DataError, FileFormatError

COLOR, DEPTH = (6, 9), (4, 5)
RNG = np.random.default_rng(0)


def header(**changes: object) -> SensHeader:
    camera = np.array([[50, 0, 4, 0], [0, 60, 3, 0], [0, 0, 1, 0], [0, 0, 0, 1]], np.float32)
    return replace(SensHeader(COLOR, DEPTH, camera, camera / 2, color_extrinsic=np.eye(4, dtype=np.float32) * 2), **changes)


def frame(number: int, lost: bool = False) -> SensFrame:
    pose = np.full((4, 4), -np.inf) if lost else np.eye(4) + number
    color = RNG.integers(0, 256, (*COLOR, 3), dtype=np.uint8)
    return SensFrame(pose, color, RNG.integers(0, 65536, DEPTH).astype(np.uint16), (number, number + 1))


@pytest.mark.parametrize('color', ['raw', 'png', 'jpeg'])
@pytest.mark.parametrize('depth', ['raw', 'zlib'])
def test_frames_come_back(tmp_path: Path, color: str, depth: str) -> None:
    frames = [frame(0), frame(1, lost=True), frame(2)]
    path = tmp_path / 'a ü.sens'
    assert write_sens(path, header(color_compression=color, depth_compression=depth), iter(frames)) == 3
    file = SensFile(path)
    assert (len(file), file.whole, file.fault) == (3, 3, None)
    assert (file.header.color_compression, file.header.depth_compression) == (color, depth)
    assert [file.tracked(number) for number in range(3)] == [True, False, True]
    for number, written in enumerate(frames):
        assert np.array_equal(file.pose(number), written.camera_to_world.astype(np.float32))
        assert np.array_equal(file.depth(number), written.depth)
        assert file.times(number) == written.times
        error = np.abs(file.color(number).astype(int) - written.color)
        assert error.mean() < 60 if color == 'jpeg' else not error.any()


def test_header_comes_back(tmp_path: Path) -> None:
    written = header(depth_shift=5000.0, sensor='Strüctur')
    write_sens(tmp_path / 'a.sens', written, [])
    read = SensFile(tmp_path / 'a.sens').header
    assert (read.color_size, read.depth_size, read.depth_shift, read.sensor) == (COLOR, DEPTH, 5000.0, 'Strüctur')
    for name in ('color_intrinsic', 'color_extrinsic', 'depth_intrinsic', 'depth_extrinsic'):
        assert np.array_equal(getattr(read, name), getattr(written, name))


def test_layout_is_the_published_one(tmp_path: Path) -> None:
    """Written here byte by byte, as the format says, without our writer."""
    depth = np.arange(20, dtype='<u2').reshape(DEPTH)
    picture = encode_jpeg(np.full((*COLOR, 3), 77, np.uint8))
    packed = zlib.compress(depth.tobytes())
    pose = np.arange(16, dtype='<f4')
    data = struct.pack('<IQ', 4, 3) + b'abc' + np.stack([np.eye(4) * k for k in range(1, 5)]).astype('<f4').tobytes()
    data += struct.pack('<iiIIIIfQ', 2, 1, 9, 6, 5, 4, 1000, 1)
    data += pose.tobytes() + struct.pack('<QQQQ', 7, 8, len(picture), len(packed)) + picture + packed
    (tmp_path / 'a.sens').write_bytes(data)  # without the number of inertial records, as some writers leave it
    file = SensFile(tmp_path / 'a.sens')
    assert [matrix[0, 0] for matrix in (file.header.color_intrinsic, file.header.color_extrinsic)] == [1, 2]
    assert [matrix[0, 0] for matrix in (file.header.depth_intrinsic, file.header.depth_extrinsic)] == [3, 4]
    assert file.pose(0).tolist() == pose.reshape(4, 4).tolist()
    assert file.depth(0).tolist() == depth.tolist()
    assert file.color_bytes(0) == picture
    assert np.abs(file.color(0).astype(int) - 77).max() < 3
    assert file.times(0) == (7, 8)


def test_encoded_colour_is_stored_as_it_is(tmp_path: Path) -> None:
    content = encode_jpeg(np.zeros((*COLOR, 3), np.uint8))
    write_sens(tmp_path / 'a.sens', header(), [replace(frame(0), color=content)])
    assert SensFile(tmp_path / 'a.sens').color_bytes(0) == content


@pytest.fixture
def three(tmp_path: Path) -> Path:
    path = tmp_path / 'three.sens'
    write_sens(path, header(), [frame(k) for k in range(3)])
    return path


@pytest.mark.parametrize('cut', [12, 60, 130])
def test_a_truncated_file_names_the_frame_and_gives_the_others(three: Path, cut: int) -> None:
    whole = three.read_bytes()
    three.write_bytes(whole[:-cut])  # in the depth, in the colour, further up
    file = SensFile(three)
    assert (len(file), file.whole) == (3, 2)
    assert f'frame 2 of 3 ({len(whole) - cut} bytes)' in str(file.fault)
    assert file.depth(1).shape == DEPTH
    with pytest.raises(FileFormatError, match=r'three\.sens: frame 2 is missing, the file is cut off in frame 2'):
        file.depth(2)


def test_frames_outside_are_refused(three: Path) -> None:
    with pytest.raises(DataError, match=r'frames 0\.\.2, asked for 3'):
        SensFile(three).pose(3)


@pytest.mark.parametrize(
    ('content', 'words'),
    [
        (b'', 'cut off in its header (0 bytes)'),
        (struct.pack('<IQ', 3, 0) + bytes(400), 'no .sens file of version 4: it starts with 3'),
        (struct.pack('<IQ', 4, 1 << 40), 'sensor name'),
        (struct.pack('<IQ', 4, 0) + bytes(100), 'cut off in its header'),
        (struct.pack('<IQ', 4, 0) + bytes(256) + struct.pack('<iiIIIIfQ', 2, 2, 9, 6, 5, 4, 1000, 1), 'depth compression 2'),
        (struct.pack('<IQ', 4, 0) + bytes(256) + struct.pack('<iiIIIIfQ', 2, 1, 9, 6, 5, 0, 1000, 1), '5 x 0 pixels'),
        (struct.pack('<IQ', 4, 0) + bytes(256) + struct.pack('<iiIIIIfQ', 2, 1, 9, 6, 5, 4, 0, 1), 'depth shift'),
    ],
)
def test_damaged_headers_are_named(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / 'a.sens').write_bytes(content)
    with pytest.raises(FileFormatError) as caught:
        SensFile(tmp_path / 'a.sens')
    assert words in str(caught.value)


def test_absurd_counts_do_not_loop_or_fill_memory(three: Path) -> None:
    data = bytearray(three.read_bytes())
    start = 12 + len('uniseg3d') + 256
    data[start + 28 : start + 36] = struct.pack('<Q', 1 << 60)  # the header promises a quintillion frames
    three.write_bytes(data)
    assert SensFile(three).whole == 3
    data[start + 36 + 80 : start + 36 + 88] = struct.pack('<Q', 1 << 63)  # the first frame promises endless colour
    three.write_bytes(data)
    assert SensFile(three).whole == 0


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r'cannot read .*none\.sens'):
        SensFile(tmp_path / 'none.sens')


def broken(path: Path, color: bytes, depth: bytes) -> SensFile:
    """File of one frame with this content, whatever it is."""
    write_sens(path, header(), [])
    data = path.read_bytes()[:-16]
    path.write_bytes(data + struct.pack('<Q16f4Q', 1, *range(16), 0, 0, len(color), len(depth)) + color + depth)
    return SensFile(path)


def test_damaged_frames_are_named(tmp_path: Path) -> None:
    file = broken(tmp_path / 'a.sens', b'no picture', b'no depth')
    with pytest.raises(FileFormatError, match=r'a\.sens, frame 0, colour is neither a PNG nor a JPEG'):
        file.color(0)
    with pytest.raises(FileFormatError, match=r'a\.sens, frame 0, depth is no zlib stream'):
        file.depth(0)
    other = broken(tmp_path / 'b.sens', encode_jpeg(np.zeros((3, 3, 3), np.uint8)), zlib.compress(bytes(10**6)))
    with pytest.raises(FileFormatError, match='frame 0, colour: expected 9 x 6 pixels, got 3 x 3'):
        other.color(0)
    with pytest.raises(FileFormatError, match='frame 0, depth: expected 40 bytes, got 41'):  # a bomb is not unpacked
        other.depth(0)


def test_frames_of_a_wrong_shape_are_not_written(tmp_path: Path) -> None:
    path = tmp_path / 'a.sens'
    with pytest.raises(DataError, match='frame 1: depth must be uint16'):
        write_sens(path, header(), [frame(0), replace(frame(1), depth=np.zeros(DEPTH))])
    with pytest.raises(DataError, match='frame 0: colour must be uint8'):
        write_sens(path, header(), [replace(frame(0), color=np.zeros((2, 2, 3), np.uint8))])
    assert not path.exists()
