"""LAS: point formats, scaled coordinates, two habits of storing colours; LAZ asks for its package."""

import sys

import numpy as np
import pytest
from cloud_writers import write_las

from uniseg3d.io.las import read_las
from uniseg3d.utils.errors import FileFormatError, MissingPackageError

SHIFT = (500000.0, 4100000.0, 120.0)


@pytest.fixture
def cloud():
    rng = np.random.default_rng(2)
    return rng.integers(-5000, 5000, (40, 3)) / 1000, rng.integers(1, 256, (40, 3), dtype=np.uint8)


@pytest.mark.parametrize('kind', [0, 1, 2, 3, 6, 7])
def test_point_formats(tmp_path, cloud, kind):
    xyz, colors = cloud
    write_las(tmp_path / 'a.las', xyz, colors, kind)
    read = read_las(tmp_path / 'a.las')
    np.testing.assert_allclose(read.xyz, xyz + SHIFT, atol=1e-8, rtol=0)
    if kind in (2, 3, 7):
        np.testing.assert_array_equal(read.colors, colors)
    else:
        assert read.colors is None


def test_colours_of_eight_bits_and_none_at_all(tmp_path, cloud):
    xyz, colors = cloud
    write_las(tmp_path / 'a.las', xyz, colors, shade=1)
    np.testing.assert_array_equal(read_las(tmp_path / 'a.las').colors, colors)
    write_las(tmp_path / 'a.las', xyz, colors * 0)
    assert read_las(tmp_path / 'a.las').colors is None


def spoil(path, place, value):
    data = bytearray(path.read_bytes())
    data[place : place + len(value)] = value
    path.write_bytes(data)


@pytest.mark.parametrize(
    ('place', 'value', 'message'),
    [
        (0, b'LASX', 'no whole LAS file'),
        (107, b'\xff\xff\xff\x7f', 'cut off'),
        (131, b'\0' * 8, 'damaged'),
        (131, b'\xff' * 8, 'damaged'),
        (105, b'\x04\x00', 'damaged'),
    ],
)
def test_wrong_headers_are_refused(tmp_path, cloud, place, value, message):
    write_las(tmp_path / 'a.las', *cloud)
    spoil(tmp_path / 'a.las', place, value)
    with pytest.raises(FileFormatError, match=message):
        read_las(tmp_path / 'a.las')


def test_compressed_files_say_which_package_they_need(tmp_path, cloud, monkeypatch):
    monkeypatch.setitem(sys.modules, 'laspy', None)  # as if it were not installed
    write_las(tmp_path / 'a.laz', *cloud)
    spoil(tmp_path / 'a.laz', 104, bytes([2 | 0x80]))
    with pytest.raises(MissingPackageError, match=r'laspy is needed .*"uniseg3d\[laz\]"'):
        read_las(tmp_path / 'a.laz')
