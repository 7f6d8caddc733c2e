"""PCD: the three kinds of data, compression with references, and headers that lie."""

import numpy as np
import pytest
from cloud_writers import write_pcd
from hypothesis import given, settings
from hypothesis import strategies as st

from uniseg3d.io.lzf import lzf_decompress
from uniseg3d.io.pcd import read_pcd
from uniseg3d.utils.errors import FileFormatError


@pytest.fixture
def cloud():
    rng = np.random.default_rng(1)
    return rng.normal(size=(50, 3)).astype(np.float32), rng.integers(0, 256, (50, 3), dtype=np.uint8)


@pytest.mark.parametrize('data', ['ascii', 'binary', 'binary_compressed'])
def test_all_kinds_of_data_and_padding(tmp_path, cloud, data):
    xyz, colors = cloud
    xyz[3] = np.nan  # how PCL marks a point that was not measured
    write_pcd(tmp_path / 'a.pcd', xyz, colors, data)
    read = read_pcd(tmp_path / 'a.pcd')
    np.testing.assert_allclose(read.xyz, xyz, rtol=1e-6)
    np.testing.assert_array_equal(read.colors, colors)


def test_normals_doubles_and_unsigned_colours(tmp_path):
    (tmp_path / 'a.pcd').write_text(
        'VERSION .7\nFIELDS x y z normal_x normal_y normal_z rgba\nSIZE 8 8 8 4 4 4 4\nTYPE F F F F F F U\n'
        'WIDTH 2\nHEIGHT 1\nPOINTS 2\nDATA ascii\n500000.125 1 2 0 0 1 4278255615\n500001.125 1 2 nan 0 1 65536\n'
    )
    read = read_pcd(tmp_path / 'a.pcd')
    assert read.xyz.dtype == np.float64 and read.xyz[0, 0] == 500000.125
    np.testing.assert_array_equal(read.colors, [[0, 255, 255], [1, 0, 0]])
    np.testing.assert_array_equal(read.normals[0], [0, 0, 1])


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (('POINTS 50', 'POINTS 51'), 'promises 51 points'),
        (('POINTS 50', 'POINTS 99999999999'), 'promises'),
        (('POINTS 50', 'POINTS -1'), 'not negative'),
        (('POINTS 50', 'POINTS 0'), 'no points'),
        (('FIELDS x', 'FIELDS a'), 'x, y and z'),
        (('SIZE 4 4', 'SIZE 4 3'), 'cannot understand'),
        (('TYPE F F', 'TYPE F'), 'cannot understand'),
        (('COUNT 1 1 1 3', 'COUNT 1 1 1 99999999'), 'cannot understand'),
        (('DATA binary', 'DATA zipped'), 'must be one of ascii'),
        (('DATA binary', 'BINARY'), 'no line'),
    ],
)
def test_headers_that_lie_are_refused(tmp_path, cloud, change, message):
    write_pcd(tmp_path / 'a.pcd', *cloud, 'binary')
    data = (tmp_path / 'a.pcd').read_bytes()
    (tmp_path / 'a.pcd').write_bytes(data.replace(change[0].encode(), change[1].encode()))
    with pytest.raises(FileFormatError, match=message) as caught:
        read_pcd(tmp_path / 'a.pcd')
    assert 'a.pcd' in str(caught.value)


def test_damaged_compression_is_refused(tmp_path, cloud):
    write_pcd(tmp_path / 'a.pcd', *cloud, 'binary_compressed')
    data = bytearray((tmp_path / 'a.pcd').read_bytes())
    data[-200] ^= 0xFF
    (tmp_path / 'a.pcd').write_bytes(data[:-60] + b'\xe0' * 60)
    with pytest.raises(FileFormatError, match='damaged'):
        read_pcd(tmp_path / 'a.pcd')


def test_references_repeat_earlier_bytes_also_those_being_written():
    stream = np.frombuffer(bytes([2]) + b'abc' + bytes([0x20, 2]) + bytes([0xE0, 5, 0]), np.uint8)
    content, sound = lzf_decompress(stream, 3 + 3 + 14)
    assert sound and content.tobytes() == b'abcabc' + b'c' * 14


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=0, max_size=60), st.integers(0, 200))
def test_any_stream_ends_without_reading_or_writing_outside(stream, size):
    content, sound = lzf_decompress(np.frombuffer(stream, np.uint8), size)
    assert len(content) == size and sound in (True, False)
