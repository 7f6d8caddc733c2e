"""Frames of a video file, one after the other."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from uniseg3d.utils.errors import ConfigError, DataError, FileFormatError
from uniseg3d.utils.files import atomic_path
from uniseg3d.utils.optional import import_optional

VIDEO_SUFFIXES = ('.mp4', '.mov', '.avi', '.mkv', '.webm', '.m4v')


class VideoFrame(NamedTuple):
    number: int  # in the file
    seconds: float  # from its start
    image: np.ndarray  # [H, W, 3] uint8 RGB, upright


def video_length(path: str | Path) -> int:
    """Frames that the header promises; 0 where it says nothing. A file that was cut off holds fewer."""
    capture = _opened(Path(path))
    try:
        return max(int(capture.get(import_optional('cv2').CAP_PROP_FRAME_COUNT)), 0)
    finally:
        capture.release()


def read_video(path: str | Path, every: int = 1) -> Iterator[VideoFrame]:
    """Every ``every``-th frame, turned upright as the file says; ends where the file does.

    Frames are decoded in order, for jumping to a number is not exact in most formats.
    """
    if every < 1:
        raise ConfigError(f'every must be at least 1, got {every}')
    cv2, capture = import_optional('cv2'), _opened(Path(path))
    number = 0
    try:
        while capture.grab():
            if number % every == 0:
                seconds = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
                readable, image = capture.retrieve()
                if readable:
                    yield VideoFrame(number, seconds, cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
            number += 1
    finally:
        capture.release()
    if number == 0:
        raise FileFormatError(f'{path} holds no frame that can be decoded; convert it with ffmpeg to H.264 in an .mp4 file')


def _opened(path: Path):  # type: ignore[no-untyped-def]
    if not path.is_file():
        raise DataError(f'cannot read {path}: no such file')
    cv2 = import_optional('cv2')
    capture = cv2.VideoCapture(str(path))
    if not capture.isOpened():
        raise FileFormatError(f'{path} cannot be opened as a video; convert it with ffmpeg to H.264 in an .mp4 file')
    return capture


def write_video(path: str | Path, frames: np.ndarray, fps: int = 15) -> None:
    """Write ``frames`` [F, H, W, 3] uint8 RGB as MPEG-4, whole or not at all."""
    if frames.ndim != 4 or frames.shape[3] != 3 or frames.dtype != np.uint8 or not len(frames):
        raise DataError(f'{path}: a video takes frames [F, H, W, 3] uint8; got {frames.dtype} {list(frames.shape)}')
    cv2 = import_optional('cv2')
    with atomic_path(path) as temporary:
        writer = cv2.VideoWriter(str(temporary), cv2.VideoWriter.fourcc(*'mp4v'), fps, (frames.shape[2], frames.shape[1]))
        if not writer.isOpened():
            raise DataError(f'cannot write {path}: this OpenCV has no MPEG-4 encoder; use the single pictures')
        for frame in frames:
            writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
        writer.release()
