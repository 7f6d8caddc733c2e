"""Photos of strangers on the way to a scene."""

import json

import numpy as np
import pytest
from photo_uploads import photo

from uniseg3d.demo.sandbox import Sandbox, UploadLimits
from uniseg3d.demo.tray import MOST_FRAMES, Tray, unpacked
from uniseg3d.io.video import write_video
from uniseg3d.utils.errors import DataError


@pytest.fixture
def folder(tmp_path):
    sandbox = Sandbox(UploadLimits(file_mib=0.5, files=MOST_FRAMES + 50), tmp_path)
    yield sandbox.folder(0)
    sandbox.close()


def batch(files):
    head = json.dumps([[name, len(content)] for name, content in files]).encode()
    return head + b'\n' + b''.join(content for _, content in files)


def test_photos_come_back_in_the_order_of_upload(folder):
    tray = Tray()
    tray.add(folder, 'z.png', photo(0, 'PNG', (10, 20)))
    tray.add(folder, 'photos.batch', batch([('b.jpg', photo(1, size=(12, 20))), ('a.JPEG', photo(2, size=(14, 20)))]))
    assert tray.count() == 3 and tray.titles == ['z.png', 'b.jpg', 'a.JPEG']
    assert [frame.image.shape[0] for frame in tray.frames()] == [10, 12, 14]
    tray.clear()
    with pytest.raises(DataError, match='no photo yet'):
        tray.count()


def test_a_photo_that_cannot_be_read_costs_only_itself(folder):
    tray = Tray()
    tray.add(folder, 'broken.jpg', b'no photo')
    tray.add(folder, 'good.jpg', photo())
    broken, good = tray.frames()
    assert broken.image is None and broken.fault and good.image is not None


@pytest.mark.parametrize(
    'name', ['../a.jpg', 'a/b.jpg', 'C:a.jpg', 'a\0.jpg', '.jpg', 'scan.ply', 'a.npz', 'a.svg', 'photos.zip', 'a.gif']
)
def test_hostile_names_are_refused_alone_and_in_a_batch(folder, name):
    tray = Tray()
    for content, called in ((photo(), name), (batch([('ok.jpg', photo()), (name, photo())]), 'photos.batch')):
        with pytest.raises(DataError):
            tray.add(folder, called, content)
    assert not tray.paths
    assert all(path.resolve().parent == folder.path.resolve() for path in folder.path.iterdir())


@pytest.mark.parametrize(
    'content',
    [
        b'', b'\n', b'{}\n', b'[["a.jpg"]]\n', b'[["a.jpg", 5]]\nabc', b'[["a.jpg", -1], ["b.jpg", 4]]\nabc',
        b'[["a.jpg", Infinity]]\n', b'[["a.jpg", 3]]\nabcd', b'[["a.jpg", "x"]]\nabc',
        b'[' * 60_000 + b'\n', b'x' * 100_000, b'\xff\xfe\n',
    ],
)  # fmt: skip
def test_damaged_batches_are_refused(content):
    with pytest.raises(DataError, match='several files'):
        list(unpacked(content))


def test_there_are_not_too_many(folder):
    tray = Tray()
    with pytest.raises(DataError, match=f'at most {MOST_FRAMES}'):
        tray.add(folder, 'photos.batch', batch([(f'{i}.jpg', b'x') for i in range(MOST_FRAMES + 1)]))
    with pytest.raises(DataError, match=r'at most 0\.5 MiB'):
        tray.add(folder, 'large.jpg', bytes(1 << 20))
    assert not tray.paths and not list(folder.path.iterdir())


def test_of_a_long_video_evenly_spread_frames_are_taken(folder, tmp_path):
    frames = np.repeat(np.arange(150, dtype=np.uint8)[:, None, None, None], 16, 1).repeat(16, 2).repeat(3, 3)
    write_video(tmp_path / 'walk.mp4', frames)
    tray = Tray()
    tray.add(folder, 'walk.mp4', (tmp_path / 'walk.mp4').read_bytes())
    shades = [int(frame.image.mean()) for frame in tray.frames()]
    assert len(shades) == tray.count() == 75 and shades[-1] > 140
    with pytest.raises(DataError, match='a scene of its own'):
        tray.add(folder, 'more.jpg', photo())
