"""The photos, or the video, that one user uploaded."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from uniseg3d.apis.photo_source import PHOTO_SUFFIXES, SourceFrame, frame_count, read_frames
from uniseg3d.demo.sandbox import UserFolder
from uniseg3d.io.video import VIDEO_SUFFIXES
from uniseg3d.utils.errors import DataError

BATCH = '.batch'  # several files in one upload, as the page packs them: a line of names and sizes, then the contents
LONGEST_LINE = 1 << 16
TAKEN = (*PHOTO_SUFFIXES, *VIDEO_SUFFIXES)
MOST_FRAMES = 100  # of a scene; of longer videos evenly spread ones are taken


@dataclass
class Tray:
    """Either photos or one video."""

    paths: list[Path] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)  # what the user calls them

    def add(self, folder: UserFolder, name: str, content: bytes) -> None:
        """One file, or a batch of them; what is refused leaves the tray as it is."""
        files = list(unpacked(content)) if name.endswith(BATCH) else [(name, content)]
        if len(self.paths) + len(files) > MOST_FRAMES:
            raise DataError(f'{len(self.paths) + len(files)} photos; at most {MOST_FRAMES} make a scene')
        stored = [(folder.store(title, part, TAKEN), title) for title, part in files]
        together = [*self.paths, *(path for path, _ in stored)]
        if len(together) > 1 and any(path.suffix in VIDEO_SUFFIXES for path in together):
            raise DataError('a video is a scene of its own; clear the photos, then give the video alone')
        self.paths += [path for path, _ in stored]
        self.titles += [title for _, title in stored]

    def clear(self) -> None:
        """Begin anew; the files go with the user's folder."""
        self.paths, self.titles = [], []

    def count(self) -> int:
        """How many frames there are to look at."""
        if not self.paths:
            raise DataError('there is no photo yet; add some, or a video')
        counts = [frame_count(path, self._every(path)) or 0 for path in self.paths]
        return min(sum(counts), MOST_FRAMES)

    def frames(self) -> Iterator[SourceFrame]:
        """Photo by photo; those that cannot be read come with their fault."""
        for path in self.paths:
            for number, frame in enumerate(read_frames(path, self._every(path))):
                if number >= MOST_FRAMES:  # what headers promise is not always so
                    return
                yield frame

    def _every(self, path: Path) -> int:
        return -(-(frame_count(path) or 1) // MOST_FRAMES)


def unpacked(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the files of a batch."""
    line, found, _ = content[:LONGEST_LINE].partition(b'\n')
    try:
        files = [(str(name), int(size)) for name, size in json.loads(line)] if found else []
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise DataError('the upload of several files is damaged; send it again') from error
    place = len(line) + 1
    if not files or min(size for _, size in files) < 0 or place + sum(size for _, size in files) != len(content):
        raise DataError('the upload of several files is not complete; send it again')
    for name, size in files:
        yield name, content[place : place + size]
        place += size
