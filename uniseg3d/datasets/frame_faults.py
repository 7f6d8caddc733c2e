"""What can be wrong with the exported frames of a scene, as far as their files tell without being decoded."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from uniseg3d.io.frames import read_matrix
from uniseg3d.utils.errors import DataError

PARTS = {'color': '.jpg', 'depth': '.png', 'pose': '.txt'}
NAMED = 5  # frames that a fault names; the others are counted

Fault = tuple[str, str]  # file or folder below the frames of the scene, what is wrong


def frame_faults(folder: Path) -> Iterator[Fault]:
    """Parts that single frames lack, empty files, and cameras that cannot be read."""
    frames = {part: {path.stem for path in (folder / part).glob(f'*{suffix}')} for part, suffix in PARTS.items()}
    whole = set().union(*frames.values())
    if not whole:
        yield '', 'no frames; export them again with tools/extract_frames.py'
        return
    for part, present in frames.items():
        if missing := sorted(whole - present, key=lambda name: (len(name), name)):
            yield part, f'{_frames(missing)} missing, of {len(whole)}; export the recording again'
        empty = [name for name in present if not (folder / part / f'{name}{PARTS[part]}').stat().st_size]
        if empty:
            poses = 'its pose' if len(empty) == 1 else 'their poses'
            yield part, f'{_frames(sorted(empty))} empty; delete {poses} and export the recording again'
        elif part == 'pose' and present and not any(_has_pose(folder / part / f'{name}.txt') for name in sorted(present)):
            yield part, f'the camera was lost in all of {len(present)} frames (poses of -inf); take another recording'
    for sensor in ('color', 'depth'):
        yield from _camera_faults(folder, f'intrinsic/intrinsic_{sensor}.txt')


def _camera_faults(folder: Path, name: str) -> Iterator[Fault]:
    try:
        matrix = read_matrix(folder / name)
    except DataError as error:
        yield name, str(error).replace(str(folder / name), 'the file')
        return
    if not np.isfinite(matrix).all() or (np.diag(matrix)[:2] <= 0).any():
        yield name, f'focal lengths must be positive, got {matrix[0, 0]:g} and {matrix[1, 1]:g}'


def _has_pose(path: Path) -> bool:
    """A lost camera is normal and has -inf everywhere; lost in every frame, photos tell nothing about the scene."""
    try:
        return bool(np.isfinite(read_matrix(path)).all())
    except DataError:
        return False


def _frames(names: list[str]) -> str:
    more = f' and {len(names) - NAMED} more' if len(names) > NAMED else ''
    return f'frame{"s" if len(names) > 1 else ""} {", ".join(names[:NAMED])}{more} {"are" if len(names) > 1 else "is"}'
