"""Exported frames: what single ones lack is named, and sound ones have no faults."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from uniseg3d.datasets.frame_faults import frame_faults
from uniseg3d.io.scannet import matrix_text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for part in ('color', 'depth', 'pose', 'intrinsic'):
        (tmp_path / part).mkdir()
    for number in range(12):
        (tmp_path / 'color' / f'{number}.jpg').write_bytes(b'x')
        (tmp_path / 'depth' / f'{number}.png').write_bytes(b'x')
        (tmp_path / 'pose' / f'{number}.txt').write_text(matrix_text(np.eye(4)))
    for sensor in ('color', 'depth'):
        (tmp_path / 'intrinsic' / f'intrinsic_{sensor}.txt').write_text(matrix_text(np.eye(4)))
    return tmp_path


def test_sound_frames_have_no_faults(folder: Path) -> None:
    assert list(frame_faults(folder)) == []


def lose(part: str, *numbers: int) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        for number in numbers:
            next((folder / part).glob(f'{number}.*')).unlink()

    return apply


def lose_cameras(folder: Path, count: int) -> None:
    for number in range(count):
        (folder / 'pose' / f'{number}.txt').write_text(matrix_text(np.full((4, 4), -np.inf)))


def test_a_camera_that_was_lost_for_a_while_is_no_fault(folder: Path) -> None:
    lose_cameras(folder, 11)
    assert list(frame_faults(folder)) == []


@pytest.mark.parametrize(
    ('spoil', 'place', 'words'),
    [
        (lose('depth', 3), 'depth', 'frame 3 is missing, of 12'),
        (lose('pose', *range(8)), 'pose', 'frames 0, 1, 2, 3, 4 and 3 more are missing, of 12'),
        (lambda folder: (folder / 'color' / '7.jpg').write_bytes(b''), 'color', 'frame 7 is empty'),
        (lambda folder: (folder / 'color' / '7.jpg').write_bytes(b''), 'color', 'delete its pose'),
        (lambda folder: lose_cameras(folder, 12), 'pose', 'the camera was lost in all of 12 frames'),
        (
            lambda folder: (folder / 'intrinsic' / 'intrinsic_depth.txt').unlink(),
            'intrinsic/intrinsic_depth.txt',
            'cannot read',
        ),
        (
            lambda folder: (folder / 'intrinsic' / 'intrinsic_color.txt').write_text(matrix_text(np.zeros((4, 4)))),
            'intrinsic/intrinsic_color.txt',
            'focal lengths must be positive, got 0 and 0',
        ),
    ],
)
def test_what_is_missing_is_named(folder: Path, spoil: Callable[[Path], None], place: str, words: str) -> None:
    spoil(folder)
    ((where, fault),) = frame_faults(folder)
    assert where == place
    assert words in fault


def test_an_empty_folder_has_one_fault(tmp_path: Path) -> None:
    assert [place for place, _ in frame_faults(tmp_path)] == ['']
