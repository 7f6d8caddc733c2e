from pathlib import Path

import cv2
import numpy as np
import pytest

from uniseg3d.io.video import read_video, video_length
from uniseg3d.utils.errors import ConfigError, DataError, FileFormatError


def write_video(path: Path, frames: int = 8) -> Path:
    """Frames of growing redness at 10 per second."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 10, (64, 48))
    for number in range(frames):
        image = np.zeros((48, 64, 3), np.uint8)
        image[..., 2] = 30 * (number % 8)
        writer.write(image)
    writer.release()
    return path


def test_frames_come_in_order_as_rgb_with_their_times(tmp_path: Path):
    frames = list(read_video(write_video(tmp_path / 'a.avi'), every=3))
    assert [frame.number for frame in frames] == [0, 3, 6] and frames[0].image.shape == (48, 64, 3)
    assert abs(int(frames[2].image[..., 0].mean()) - 180) < 6 and frames[2].image[..., 2].mean() < 10
    assert frames[1].seconds - frames[0].seconds == pytest.approx(0.3, abs=0.01)
    assert video_length(tmp_path / 'a.avi') == 8


def test_a_video_that_ends_early_gives_what_it_has(tmp_path: Path):
    path = write_video(tmp_path / 'a.mkv', frames=30)
    content = path.read_bytes()
    path.write_bytes(content[: int(0.6 * len(content))])
    assert 1 <= len(list(read_video(path))) < 30


def test_files_that_are_no_videos_are_named(tmp_path: Path):
    (tmp_path / 'a.mp4').write_bytes(b'no video at all')
    with pytest.raises(FileFormatError, match=r'a\.mp4'):
        list(read_video(tmp_path / 'a.mp4'))
    with pytest.raises(DataError, match='no such file'):
        list(read_video(tmp_path / 'b.mp4'))
    with pytest.raises(ConfigError, match='at least 1'):
        list(read_video(tmp_path / 'a.mp4', every=0))
