"""A folder of everything that people put into folders: what is a photo is used, the rest is named, nothing ends the work."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from reconstructed_photos import OPTIONS, photo, tiny

from uniseg3d.apis.photo_source import read_frames
from uniseg3d.apis.reconstruct import reconstruct
from uniseg3d.apis.stream import PointStream
from uniseg3d.io.video import write_video
from uniseg3d.utils.errors import DataError, FileFormatError

TURNED = 6  # of EXIF: by a quarter
BAD = {
    'bomb.png': 'more than the limit', 'broken.jpg': 'truncated or corrupt', 'empty.jpg': 'neither a PNG nor a JPEG',
    'folder.jpg': 'cannot read', 'link.jpg': 'cannot read', 'note.png': 'neither a PNG nor a JPEG', 'strip.png': 'too narrow',
    'film.webp': 'neither a PNG nor a JPEG',
}  # fmt: skip
GOOD = (
    'a.jpg',
    'b.png',
    'cmyk.jpg',
    'deep.png',
    'deep_color.png',
    'exif.jpg',
    'same.jpg',
    'small.png',
    'tall.png',
    'UPPER.JPG',
)


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp('photos')
    picture = Image.fromarray(photo(0))
    for name in ('a.jpg', 'same.jpg', 'b.png', 'UPPER.JPG', 'film.webp'):
        picture.save(path / name)
    picture.convert('CMYK').save(path / 'cmyk.jpg')
    Image.fromarray(photo(1)[..., 0].astype(np.uint16) * 257).save(path / 'deep.png')
    write_sixteen_bit_color(path / 'deep_color.png', photo(2))
    exif = Image.Exif()
    exif[274] = TURNED
    Image.fromarray(photo(3, (64, 48))).save(path / 'exif.jpg', exif=exif)  # lies on its side
    Image.fromarray(photo(4, (6, 8))).save(path / 'small.png')
    Image.fromarray(photo(5, (64, 48))).save(path / 'tall.png')
    Image.fromarray(photo(6, (4, 400))).save(path / 'strip.png')
    (path / 'broken.jpg').write_bytes((path / 'a.jpg').read_bytes()[:700])
    (path / 'empty.jpg').touch()
    (path / 'note.png').write_text('to do')
    (path / 'folder.jpg').mkdir()
    (path / 'link.jpg').symlink_to(path / 'nowhere.jpg')
    (path / 'bomb.png').write_bytes(png(100_000, 100_000, 8, b''))
    return path


def png(width: int, height: int, depth: int, rows: bytes) -> bytes:
    """A colour picture, whatever its header promises."""
    header = struct.pack('>IIBBBBB', width, height, depth, 2, 0, 0, 0)
    parts = ((b'IHDR', header), (b'IDAT', zlib.compress(rows)), (b'IEND', b''))
    chunks = (struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data)) for kind, data in parts)
    return b'\x89PNG\r\n\x1a\n' + b''.join(chunks)


def write_sixteen_bit_color(path: Path, image: np.ndarray) -> None:
    rows = b''.join(b'\0' + (row.astype('>u2') * 257).tobytes() for row in image)
    path.write_bytes(png(image.shape[1], image.shape[0], 16, rows))


def test_frames_are_upright_bytes_or_faults(folder: Path) -> None:
    found = {frame.name: frame for frame in read_frames(folder)}
    assert set(found) == {*GOOD, *BAD}
    for name in GOOD:
        assert found[name].image.dtype == np.uint8 and found[name].image.shape[2] == 3, name
    assert (
        found['exif.jpg'].image.shape == (48, 64, 3) and np.abs(found['deep_color.png'].image.astype(int) - photo(2)).max() <= 1
    )
    assert np.array_equal(found['deep.png'].image[..., 0], photo(1)[..., 0])
    for name in set(BAD) - {'strip.png'}:  # that one can be read
        assert BAD[name] in found[name].fault and found[name].image is None, name


def test_a_stream_keeps_to_the_shape_of_its_first_frame(folder: Path) -> None:
    scene = reconstruct(tiny('Point3R'), read_frames(folder), OPTIONS, say=lambda _: None)
    assert {view.name for view in scene.views} == set(GOOD) - {'tall.png'}  # the world goes on after it
    assert set(scene.faults) == {*BAD, 'tall.png'} and '64 x 48' in scene.faults['tall.png']
    assert all(BAD[name] in scene.faults[name] for name in BAD) and np.isfinite(scene.points).all()


def test_a_stream_survives_lost_frames_and_frames_that_are_no_numbers() -> None:
    stream = PointStream(tiny('Point3R'))
    first = stream.step(photo(0))
    for bad, message in (
        (None, 'is missing'),
        (torch.full((3, 48, 64), torch.nan), 'not finite'),
        (photo(1, (64, 64)), '64 x 64'),
    ):
        with pytest.raises(DataError, match=message):
            stream.step(bad)
    assert stream.pointers == first.pointers and stream.step(photo(1)).number == 4


def test_a_video_that_is_cut_off_gives_what_it_holds(tmp_path: Path) -> None:
    write_video(tmp_path / 'a.mp4', np.stack([photo(seed) for seed in range(8)]))
    content = bytearray((tmp_path / 'a.mp4').read_bytes())
    index = content.index(b'moov') - 4  # at the end; what is cut off before it cannot be opened at all
    (tmp_path / 'no_index.mp4').write_bytes(content[:index])
    with pytest.raises(FileFormatError, match='cannot be opened as a video'):
        list(read_frames(tmp_path / 'no_index.mp4'))
    content[index // 2 : index] = bytes(index - index // 2)
    (tmp_path / 'b.mp4').write_bytes(content)
    said: list[str] = []
    scene = reconstruct(tiny('Point3R'), read_frames(tmp_path / 'b.mp4'), OPTIONS, expected=8, say=said.append)
    assert 1 <= len(scene.views) < 8 and f'ended early: {len(scene.views)} of 8 frames' in said[-1]
