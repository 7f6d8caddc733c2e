"""Where the frames of a reconstruction come from: a folder of photos, a video, or a folder that another program fills."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from uniseg3d.io.images import read_photo
from uniseg3d.io.video import VIDEO_SUFFIXES, read_video, video_length
from uniseg3d.utils.errors import DataError
from uniseg3d.utils.files import by_number

PHOTO_SUFFIXES = ('.jpg', '.jpeg', '.png')
OTHER_SUFFIXES = ('.webp', '.tif', '.tiff', '.bmp', '.gif', '.heic', '.heif', '.avif', '.dng')  # named as left out
FOLDERS_OF_PHOTOS = ('color', 'colour', 'frames', 'image', 'images', 'img', 'rgb')  # say nothing about the scene
END_MARK = 'END'  # a file of this name ends a folder that is being filled
_PAUSE = 0.2  # seconds between two looks into such a folder


@dataclass(eq=False)
class SourceFrame:
    """A frame, or the reason why there is none."""

    name: str
    seconds: float
    image: np.ndarray | None  # [H, W, 3] uint8 RGB, upright
    fault: str | None = None


def frame_count(path: str | Path, every: int = 1) -> int | None:
    """How many frames to expect; ``None`` where nothing tells."""
    path = Path(path)
    count = video_length(path) if path.suffix.lower() in VIDEO_SUFFIXES else len(_given_photos(path))
    return -(-count // every) or None


def frame_names(path: str | Path, every: int = 1) -> list[str]:
    """What the frames will be called, as far as that is known before a video is read."""
    path = Path(path)
    if path.suffix.lower() in VIDEO_SUFFIXES:
        return [_video_name(path, number) for number in range(0, video_length(path) or 0, every)]
    return [photo.name for photo in _given_photos(path)[::every]]


def read_frames(path: str | Path, every: int = 1) -> Iterator[SourceFrame]:
    """Frames of a video, or of the photos of a folder in the order of their names; numbers in names count by their value.

    A photo that cannot be read gives a frame with its fault, so that the others are not lost.
    """
    path = Path(path)
    if path.suffix.lower() in VIDEO_SUFFIXES:
        for frame in read_video(path, every):
            yield SourceFrame(_video_name(path, frame.number), frame.seconds, frame.image)
        return
    for number, photo in enumerate(_given_photos(path)[::every]):
        yield _frame(photo, float(number))


def watch_folder(path: str | Path, timeout: float = 30.0, every: int = 1) -> Iterator[SourceFrame]:
    """Every so many-th photo as another program puts them into a folder, until it writes ``END`` or is silent too long.

    The newest file is left alone until the next one or ``END`` is there: it may still be being written.
    """
    path, done, last = Path(path), set[str](), time.monotonic()
    if not path.is_dir():
        raise DataError(f'{path} is no folder; make it before the stream starts')
    while True:
        ended = (path / END_MARK).exists() or time.monotonic() - last > timeout
        photos = [photo for photo in _photos(path) if photo.name not in done]
        for photo in photos if ended else photos[:-1]:
            number, last = len(done), time.monotonic()
            done.add(photo.name)
            if number % every == 0:
                yield _frame(photo, float(number // every))
        if ended:
            return
        time.sleep(_PAUSE)


def holds_photos(path: Path) -> bool:
    """Whether ``path`` is a video, a photo, or a folder of photos."""
    if path.is_dir():
        return any(file.suffix.lower() in PHOTO_SUFFIXES for file in path.iterdir())
    return path.suffix.lower() in (*VIDEO_SUFFIXES, *PHOTO_SUFFIXES)


def scene_name(path: Path) -> str:
    """What a file or a folder of photos shows: of ``room/color`` that is ``room``."""
    telling = [part for part in path.parts if part.lower() not in FOLDERS_OF_PHOTOS and Path(part).name]
    if not telling or telling[-1] == path.name:
        return path.stem or path.resolve().name
    return telling[-1]


def _frame(photo: Path, seconds: float) -> SourceFrame:
    try:
        return SourceFrame(photo.name, seconds, read_photo(photo))
    except DataError as error:
        return SourceFrame(photo.name, seconds, None, str(error))


def _video_name(path: Path, number: int) -> str:
    return f'{path.stem}_{number:06d}'


def _given_photos(path: Path) -> list[Path]:
    """At least one photo."""
    photos = _photos(path)
    if not photos:
        raise DataError(f'{path} holds no photo ({", ".join(PHOTO_SUFFIXES)}); give a folder of photos or a video file')
    return photos


def _photos(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise DataError(f'{path} does not exist; give a folder of photos or a video file ({", ".join(VIDEO_SUFFIXES)})')
    found = (file for file in path.iterdir() if file.suffix.lower() in PHOTO_SUFFIXES + OTHER_SUFFIXES)
    return sorted(found, key=lambda file: by_number(file.name))
