"""Posed photos of any scanner: as :mod:`uniseg3d.io.frames`, with a camera for each photo, or without depth."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from uniseg3d.io.frames import MILLIMETRES, read_matrix, read_views, stacked
from uniseg3d.io.images import read_color, read_map
from uniseg3d.structures import ViewSet
from uniseg3d.utils.errors import DataError
from uniseg3d.utils.files import by_number


def read_posed_views(folder: str | Path, every: int = 1, depth_scale: float | None = MILLIMETRES) -> ViewSet:
    """Every ``every``-th photo of a scene but the lost ones; ``depth_scale``: units in a metre, None = there is no depth.

    With depth and one ``intrinsic/intrinsic_depth.txt`` for all this reads ScanNet's frames. A camera of its own for each
    photo lies in ``intrinsic/<name>.txt``, [3, 3] or [4, 4] numbers, for the size of the picture; names need not be numbers.
    """
    folder = Path(folder)
    if depth_scale == MILLIMETRES and not _own_cameras(folder):
        return read_views(folder, every)
    paths = _photos(folder)[::every]
    kept = [path for path in paths if not _is_lost(path, depth_scale is not None)]
    if not kept:
        what = 'a finite pose' if depth_scale is None else 'a depth map and a finite pose'
        raise DataError(f'{folder}: none of {len(paths)} photos has {what}; export the frames of the scene again')
    depth = None
    if depth_scale is not None:
        maps = {path.stem: read_map(folder / 'depth' / f'{path.stem}.png') for path in kept}
        depth = stacked(maps, folder) / depth_scale
    images = {path.stem: read_color(path) for path in kept}
    if depth is not None:
        size = depth.shape[2:0:-1]
        images = {
            name: np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR)) for name, image in images.items()
        }
    return ViewSet(
        scene_id=folder.name,
        images=torch.from_numpy(stacked(images, folder)),
        names=[path.stem for path in kept],
        intrinsics=torch.from_numpy(np.stack([_camera(folder, path.stem) for path in kept])),
        camera_to_world=torch.from_numpy(np.stack([read_matrix(_pose(path)) for path in kept])),
        depth=None if depth is None else torch.from_numpy(depth.astype(np.float32)),
    )


def lost_photos(folder: str | Path, with_depth: bool = True) -> list[str]:
    """Names of the photos of a scene that have no finite pose or, where there should be depth, no depth map."""
    return [path.stem for path in _photos(Path(folder)) if _is_lost(path, with_depth)]


def _photos(folder: Path) -> list[Path]:
    return sorted((folder / 'color').glob('*.*'), key=lambda path: by_number(path.stem))


def _pose(photo: Path) -> Path:
    return photo.parents[1] / 'pose' / f'{photo.stem}.txt'


def _is_lost(photo: Path, with_depth: bool) -> bool:
    pose, depth = _pose(photo), photo.parents[1] / 'depth' / f'{photo.stem}.png'
    return not pose.exists() or not np.isfinite(read_matrix(pose)).all() or (with_depth and not depth.exists())


def _own_cameras(folder: Path) -> bool:
    return any(not path.stem.startswith(('intrinsic', 'extrinsic')) for path in (folder / 'intrinsic').glob('*.txt'))


def _camera(folder: Path, name: str) -> np.ndarray:
    path = folder / 'intrinsic' / f'{name}.txt'
    if not path.exists():
        return read_matrix(folder / 'intrinsic' / 'intrinsic_depth.txt')[:3, :3]
    try:
        values = np.array(path.read_text(encoding='utf-8').split(), dtype=np.float64)
    except ValueError as error:
        raise DataError(f'{path} does not hold numbers ({error}); expected 9 or 16 of them') from error
    if values.size not in (9, 16):
        raise DataError(f'{path} holds {values.size} numbers; expected the 9 or 16 of a camera matrix')
    side = 3 if values.size == 9 else 4
    return values.reshape(side, side)[:3, :3].copy()
