"""Sintel, Bonn, KITTI, NYUv2, TUM-dynamics and ScanNet's ninety frames: data sets that depths and poses are measured on."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from uniseg3d.datasets.views.files import Camera, CameraReader, FileOf, SceneList, images
from uniseg3d.geometry.se3 import invert_pose, pose_matrix
from uniseg3d.io.trajectory import read_trajectory
from uniseg3d.utils.errors import DataError, FileFormatError

SINTEL = 'training/final/'  # folder of the scenes
_SINTEL_CHOSEN = """
alley_2 ambush_4 ambush_5 ambush_6 cave_2 cave_4 market_2 market_5 market_6 shaman_3 sleeping_1 sleeping_2 temple_2 temple_3
""".split()
_SINTEL_TAG = 202021.25  # first number of its depths and cameras


def sintel_scenes(root: Path, split: str) -> list[str]:
    """The fourteen scenes that poses are measured on; with the split ``all`` every one of the 23 that is there."""
    found = sorted(path.name for path in (root / SINTEL).glob('*') if path.is_dir())
    return [SINTEL + name for name in found if split == 'all' or name in _SINTEL_CHOSEN]


def sintel_depth_of(folder: Path, name: str) -> Path:
    """The depth map of a frame, in a tree beside that of the frames."""
    return folder.parents[1] / 'depth' / folder.name / f'{name}.dpt'


def sintel_depth(path: Path) -> np.ndarray:
    """Depth [H, W] float32 of a ``.dpt`` file: tag, width and height, then rows of numbers."""
    content = _tagged(path)
    width, height = np.frombuffer(content, '<i4', 2, offset=4).tolist() if len(content) >= 12 else (0, 0)
    if min(width, height) < 1 or len(content) != 12 + 4 * width * height:
        raise FileFormatError(f'{path} holds {len(content)} bytes; expected a header of 12 and {width} x {height} numbers')
    return np.frombuffer(content, '<f4', offset=12).reshape(height, width).copy()


def sintel_camera(folder: Path, name: str) -> Camera:
    """Tag, then 9 numbers of the camera matrix and 12 of the world-to-camera pose."""
    path = folder.parents[1] / 'camdata_left' / folder.name / f'{name}.cam'
    content = _tagged(path)
    if len(content) != 4 + 8 * 21:
        raise FileFormatError(f'{path} holds {len(content)} bytes; expected a tag and 21 numbers of 8 bytes')
    numbers = torch.from_numpy(np.frombuffer(content, '<f8', offset=4).copy())
    world_to_camera = numbers[9:].reshape(3, 4)
    pose = invert_pose(pose_matrix(world_to_camera[:, :3], world_to_camera[:, 3]))
    return pose.numpy(), numbers[:9].reshape(3, 3).numpy()


def at_same_place(own: str, other: str, where: Callable[[Path], Path] = lambda folder: folder) -> FileOf:
    """The file of pattern ``other`` that stands where a frame stands among those of pattern ``own``.

    Names may differ, as those of images and depth maps do that are called after their times. ``where``: from the folder of a
    scene to that of the other files.
    """

    def file(folder: Path, name: str) -> Path:
        frames, others = images(own)(folder), images(other)(where(folder))
        if len(frames) != len(others):
            raise DataError(
                f'{folder}: {len(frames)} images, but {len(others)} files {where(folder) / other}; expected equally many'
            )
        return where(folder) / other.format(others[frames.index(name)])

    return file


def listed_poses(own: str, file: str) -> CameraReader:
    """Poses in one text file per scene, a line for each frame of pattern ``own``; its cameras' matrices are unknown."""

    def read(folder: Path, name: str) -> Camera:
        frames, poses = images(own)(folder), _poses(folder / file)
        if len(frames) != len(poses):
            raise DataError(f'{folder}: {len(frames)} images, but {len(poses)} poses in {file}; expected equally many')
        return poses[frames.index(name)], None

    return read


def folders_with(pattern: str, parts: Sequence[str]) -> SceneList:
    """Folders below the root that fit ``pattern`` and hold all ``parts``."""
    return lambda root, split: sorted(
        path.relative_to(root).as_posix() for path in root.glob(pattern) if all((path / part).exists() for part in parts)
    )


@lru_cache(maxsize=64)
def _poses(path: Path) -> np.ndarray:
    return read_trajectory(path).poses.numpy()


def _tagged(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f'cannot read {path}: {error.strerror}') from error
    if len(content) < 4 or np.frombuffer(content, '<f4', 1)[0] != np.float32(_SINTEL_TAG):
        raise FileFormatError(f'{path} is no file of Sintel: it does not begin with the number {_SINTEL_TAG}')
    return content
