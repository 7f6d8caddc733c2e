import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from uniseg3d.io.images import MOST_PIXELS, encode_png, read_color, read_map, write_jpeg, write_png
from uniseg3d.utils.errors import DataError, FileFormatError

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(('dtype', 'most'), [(np.uint8, 255), (np.uint16, 65535)])
def test_maps_survive_exactly(tmp_path, dtype, most):
    image = RNG.integers(0, most + 1, (7, 11)).astype(dtype)
    image[0, :2] = 0, most
    write_png(tmp_path / 'ä b.png', image)
    read = read_map(tmp_path / 'ä b.png')
    assert read.dtype == dtype
    np.testing.assert_array_equal(read, image)


def test_colors_survive_exactly_as_png_and_nearly_as_jpeg(tmp_path):
    image = np.zeros((32, 48, 3), np.uint8)
    image[:, :24], image[:, 24:] = (200, 40, 30), (20, 60, 220)
    write_png(tmp_path / 'a.png', image)
    np.testing.assert_array_equal(read_color(tmp_path / 'a.png'), image)
    write_jpeg(tmp_path / 'a.jpg', image)
    assert np.abs(read_color(tmp_path / 'a.jpg')[:, 30:].astype(int) - image[:, 30:]).max() < 8


def test_grey_and_transparent_pictures_become_rgb(tmp_path):
    write_png(tmp_path / 'grey.png', np.full((4, 5), 77, np.uint8))
    np.testing.assert_array_equal(read_color(tmp_path / 'grey.png'), np.full((4, 5, 3), 77))
    Image.new('RGBA', (5, 4), (1, 2, 3, 128)).save(tmp_path / 'alpha.png')
    np.testing.assert_array_equal(read_color(tmp_path / 'alpha.png')[0, 0], [1, 2, 3])


def test_a_color_picture_is_no_map(tmp_path):
    write_png(tmp_path / 'a.png', np.zeros((4, 5, 3), np.uint8))
    with pytest.raises(FileFormatError, match='one channel'):
        read_map(tmp_path / 'a.png')


def test_levels_change_size_but_not_content(tmp_path):
    image = np.repeat(np.arange(100, dtype=np.uint16)[None] * 300, 100, axis=0)
    assert len(encode_png(image, 0)) > 5 * len(encode_png(image, 9))
    write_png(tmp_path / 'a.png', image, level=1)
    np.testing.assert_array_equal(read_map(tmp_path / 'a.png'), image)


@pytest.mark.parametrize(
    'image', [np.zeros((3, 4)), np.zeros((3, 4, 4), np.uint8), np.zeros((0, 4), np.uint8), np.zeros(3, np.uint8)]
)
def test_arrays_that_are_no_image_are_refused(tmp_path, image):
    with pytest.raises(DataError):
        write_png(tmp_path / 'a.png', image)
    with pytest.raises(DataError):
        write_jpeg(tmp_path / 'a.jpg', image)
    assert list(tmp_path.iterdir()) == []


def test_truncated_and_foreign_files_are_typed_errors(tmp_path):
    content = encode_png(RNG.integers(0, 256, (20, 30, 3)).astype(np.uint8))
    for length in (0, 10, 40, len(content) // 2, len(content) - 60):
        (tmp_path / 'a.png').write_bytes(content[:length])
        with pytest.raises(FileFormatError, match=r'truncated|neither'):
            read_color(tmp_path / 'a.png')
    gif = io.BytesIO()
    Image.new('L', (3, 3)).save(gif, 'GIF')
    (tmp_path / 'a.png').write_bytes(gif.getvalue())
    with pytest.raises(FileFormatError, match='neither'):
        read_color(tmp_path / 'a.png')
    with pytest.raises(DataError, match='missing'):
        read_map(tmp_path / 'missing.png')


@pytest.mark.parametrize('width', [MOST_PIXELS + 1, 2**31 - 1])
def test_a_header_that_promises_too_many_pixels_is_refused_before_decoding(tmp_path, width):
    header = struct.pack('>IIBBBBB', width, 1, 8, 0, 0, 0, 0)
    chunk = b'IHDR' + header
    content = b'\x89PNG\r\n\x1a\n' + struct.pack('>I', len(header)) + chunk + struct.pack('>I', zlib.crc32(chunk))
    (tmp_path / 'a.png').write_bytes(content + struct.pack('>I', 0) + b'IDAT' + struct.pack('>I', zlib.crc32(b'IDAT')))
    with pytest.raises(FileFormatError):
        read_map(tmp_path / 'a.png')
