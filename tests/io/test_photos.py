"""Photos of every kind that people have."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from uniseg3d.io import images
from uniseg3d.io.images import read_photo
from uniseg3d.utils.errors import DataError, FileFormatError

ORIENTATION = 274  # EXIF tag


def gradient() -> np.ndarray:
    rows, columns = np.mgrid[:24, :32]
    return np.stack([rows * 10, columns * 7, 0 * rows], axis=-1).astype(np.uint8)


def test_a_photo_is_turned_as_its_exif_data_say(tmp_path: Path):
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # taken with the camera turned by 90 degrees
    Image.fromarray(gradient()).save(tmp_path / 'a.png', exif=exif)
    assert np.array_equal(read_photo(tmp_path / 'a.png'), np.rot90(gradient(), -1))


def test_sixteen_bits_become_eight(tmp_path: Path):
    values = (np.arange(24 * 32).reshape(24, 32) * 80).astype(np.uint16)
    Image.fromarray(values).save(tmp_path / 'a.png')
    photo = read_photo(tmp_path / 'a.png')
    assert photo.shape == (24, 32, 3) and np.array_equal(photo[..., 1], values >> 8)


@pytest.mark.parametrize('mode', ['L', 'CMYK', 'RGBA', 'P', '1', 'LA'])
def test_other_colour_modes_become_rgb(tmp_path: Path, mode: str):
    path = tmp_path / ('a.jpg' if mode == 'CMYK' else 'a.png')
    Image.fromarray(gradient()).convert(mode).save(path)
    assert read_photo(path).shape == (24, 32, 3)


def test_files_that_are_cut_off_or_too_large_or_no_photos_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / 'a.jpg'
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(FileFormatError, match=r'a\.jpg is truncated or corrupt'):
        read_photo(path)
    path.write_bytes(b'not a photo')
    with pytest.raises(FileFormatError, match=r'a\.jpg is neither'):
        read_photo(path)
    path.write_bytes(content)
    monkeypatch.setattr(images, 'MOST_PIXELS', 1000)
    with pytest.raises(FileFormatError, match='64 x 64 pixels are more than the limit'):
        read_photo(path)
    with pytest.raises(DataError, match='cannot read'):
        read_photo(tmp_path / 'missing.jpg')


def test_a_photo_with_damaged_exif_data_is_used_as_it_lies(tmp_path: Path):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    Image.fromarray(gradient()).save(tmp_path / 'a.jpg', exif=exif)
    content = (tmp_path / 'a.jpg').read_bytes()
    entry = content.index(b'\x01\x12\x00\x03')  # or \x12\x01 in the other order of bytes: tag and type of the orientation
    for number, kind in enumerate((2, 5, 7, 12, 255)):  # types that an orientation cannot have
        (tmp_path / f'{number}.jpg').write_bytes(content[: entry + 3] + bytes([kind]) + content[entry + 4 :])
        assert read_photo(tmp_path / f'{number}.jpg').shape in ((24, 32, 3), (32, 24, 3))
