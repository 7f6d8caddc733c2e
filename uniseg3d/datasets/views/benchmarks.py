"""7-Scenes and NRGBD: data sets that reconstructions are measured on."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from uniseg3d.datasets.views.files import Camera
from uniseg3d.io.frames import read_matrix
from uniseg3d.utils.errors import DataError, FileFormatError

FAR = 10.0  # metres; 7-Scenes holds 65535 where there is nothing
_SEVEN_SCENES = np.array([[525.0, 0, 320], [0, 525.0, 240], [0, 0, 1]])
_NRGBD = np.array([[554.2562584220408, 0, 320], [0, 554.2562584220408, 240], [0, 0, 1]])
_FLIP = np.diag([1.0, -1, -1, 1])  # OpenGL's axes to OpenCV's


def seven_scenes_sequences(root: Path, split: str) -> list[str]:
    """``scene/seq-NN`` of the ``TrainSplit.txt`` or ``TestSplit.txt`` of every scene."""
    file = 'TrainSplit.txt' if split == 'train' else 'TestSplit.txt'
    found = []
    for path in sorted(root.glob(f'*/{file}')):
        numbers = [line.strip().removeprefix('sequence') for line in path.read_text(encoding='utf-8').splitlines()]
        if not all(number.isdecimal() for number in numbers if number):
            raise FileFormatError(f'{path}: expected lines such as sequence3')
        found += [f'{path.parent.name}/seq-{int(number):02d}' for number in numbers if number]
    return found


def seven_scenes_camera(folder: Path, name: str) -> Camera:
    """Pose of a frame, and the camera of all."""
    return read_matrix(folder / f'{name}.pose.txt'), _SEVEN_SCENES.copy()


def nrgbd_camera(folder: Path, name: str) -> Camera:
    """Four rows of ``poses.txt`` per frame, with OpenGL's axes."""
    poses = _poses(folder / 'poses.txt')
    if int(name) >= len(poses):
        raise DataError(f'{folder / "poses.txt"} holds {len(poses)} poses, none of frame {name}')
    return poses[int(name)] @ _FLIP, _NRGBD.copy()


@lru_cache(maxsize=8)
def _poses(path: Path) -> np.ndarray:
    try:
        rows = np.loadtxt(path, dtype=np.float64)
    except OSError as error:
        raise DataError(f'cannot read {path}: {error}') from error
    except ValueError as error:
        raise FileFormatError(f'{path}: expected rows of four numbers ({error})') from error
    if rows.ndim != 2 or rows.shape[1] != 4 or len(rows) % 4:
        raise FileFormatError(f'{path}: expected four rows of four numbers per frame, got {rows.shape}')
    return rows.reshape(-1, 4, 4)
