"""Lists, depth maps and cameras in the forms that view data sets store them in.

Each function here makes a reader of one form: of lists of scenes or frames below a folder, of a depth map, of a camera.
"""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np

from uniseg3d.io.arrays import read_npy, read_npz, read_npz_arrays
from uniseg3d.io.frames import read_matrix
from uniseg3d.io.images import read_map
from uniseg3d.utils.errors import DataError, FileFormatError
from uniseg3d.utils.files import by_number
from uniseg3d.utils.optional import import_optional

Camera = tuple[np.ndarray, np.ndarray | None]  # camera-to-world [4, 4], intrinsics [3, 3] where they are known
SceneList = Callable[[Path, str], list[str]]  # root and split to folders below the root
FrameList = Callable[[Path], list[str]]  # folder of a scene to names in the order of time
CameraReader = Callable[[Path, str], Camera]  # folder of a scene and name of a frame
DepthReader = Callable[[Path], np.ndarray]  # [H, W] float32; 0 = unknown
FileOf = Callable[[Path, str], Path]  # folder of a scene and name of a frame


def folders(pattern: str) -> SceneList:
    """Folders below the root that fit ``pattern``, in which ``{split}`` stands for the split."""
    return lambda root, split: sorted(
        path.relative_to(root).as_posix() for path in root.glob(pattern.format(split=split)) if path.is_dir()
    )


def listed(file: str, folder: str) -> SceneList:
    """Names in a text file, one a line, below ``folder``."""

    def scenes(root: Path, split: str) -> list[str]:
        path = root / file.format(split=split)
        if not path.exists():
            raise DataError(f'{path} is missing; it lists the scenes of the split {split}: prepare the data set again')
        return [f'{folder}/{line.strip()}' for line in path.read_text(encoding='utf-8').splitlines() if line.strip()]

    return scenes


def images(pattern: str) -> FrameList:
    """What ``{}`` stands for in the names of the files that fit ``pattern``; numbers in them count by their value."""
    before, after = (part.rsplit('/', 1)[-1] for part in pattern.split('{}'))

    def names(folder: Path) -> list[str]:
        found = [path.name for path in folder.glob(pattern.replace('{}', '*'))]
        return sorted((name[len(before) : len(name) - len(after)] for name in found), key=by_number)

    return names


def npz_cameras(pattern: str, pose: str = 'pose', intrinsics: str = 'intrinsics') -> CameraReader:
    """Cameras in one archive per frame."""

    def read(folder: Path, name: str) -> Camera:
        path = folder / pattern.format(name)
        arrays = read_npz_arrays(path)
        missing = sorted({pose, intrinsics} - set(arrays))
        if missing:
            raise FileFormatError(f'{path} lacks {", ".join(missing)}; it holds {", ".join(sorted(arrays))}')
        return arrays[pose].astype(np.float64), arrays[intrinsics].astype(np.float64)

    return read


def parted_cameras(pattern: str, rotation: str, translation: str) -> CameraReader:
    """The same where rotation and translation of the camera-to-world pose are apart."""

    def read(folder: Path, name: str) -> Camera:
        arrays = read_npz_arrays(folder / pattern.format(name))
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = arrays[rotation], arrays[translation]
        return pose, arrays['intrinsics'].astype(np.float64)

    return read


def text_cameras(pattern: str, intrinsics: str) -> CameraReader:
    """A 4 x 4 matrix of text per frame, and one for the camera of all frames."""
    return lambda folder, name: (read_matrix(folder / pattern.format(name)), read_matrix(folder / intrinsics)[:3, :3].copy())


def table_cameras(file: str) -> CameraReader:
    """One archive per scene with a row per image; names there may carry the ending of another image type."""

    def read(folder: Path, name: str) -> Camera:
        rows, trajectories, intrinsics = _camera_table(folder / file)
        if name not in rows:
            raise DataError(f'{folder / file} has no camera of the image {name}')
        return trajectories[rows[name]].astype(np.float64), intrinsics[rows[name]]

    return read


def table_names(file: str) -> FrameList:
    """The images of such an archive, sorted by name."""
    return lambda folder: sorted(_camera_table(folder / file)[0])


@lru_cache(maxsize=64)
def _camera_table(path: Path) -> tuple[dict[str, int], np.ndarray, np.ndarray]:
    names, trajectories, intrinsics = (read_npz(path, key) for key in ('images', 'trajectories', 'intrinsics'))
    rows = {str(name).rsplit('.', 1)[0]: row for row, name in enumerate(names)}
    return rows, trajectories, _matrices(intrinsics.astype(np.float64))


def _matrices(intrinsics: np.ndarray) -> np.ndarray:
    """[N, 3, 3] as they are; rows of (width, height, fx, fy, cx, cy) as matrices."""
    if intrinsics.ndim == 3:
        return intrinsics
    matrices = np.tile(np.eye(3), (len(intrinsics), 1, 1))
    matrices[:, [0, 1], [0, 1]], matrices[:, :2, 2] = intrinsics[:, 2:4], intrinsics[:, 4:6]
    return matrices


def scaled_map(unit: float, sky: float | None = None) -> DepthReader:
    """16-bit pictures with ``unit`` metres per step; from ``sky`` metres on, pixels show the sky (-1)."""

    def read(path: Path) -> np.ndarray:
        depth = read_map(path).astype(np.float32) * np.float32(unit)
        return depth if sky is None else np.where(depth >= sky, np.float32(-1), depth)

    return read


MILLIMETRES = scaled_map(0.001)


def float_map(path: Path) -> np.ndarray:
    """Numpy files."""
    return read_npy(path, (None, None)).astype(np.float32)


def exr_map(path: Path) -> np.ndarray:
    """OpenEXR files; their first channel by name."""
    if not path.exists():
        raise DataError(f'cannot read {path}: no such file')
    reader = import_optional('OpenEXR', 'views')
    try:
        with reader.File(str(path)) as file:
            channels = {name: channel.pixels for name, channel in file.channels().items()}
    except Exception as error:  # a damaged file fails in any of the library's ways
        raise FileFormatError(f'{path} is not a readable OpenEXR image ({error})') from error
    values = channels[min(channels)]
    return np.asarray(values if values.ndim == 2 else values[..., 0], np.float32)
