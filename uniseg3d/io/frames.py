"""Posed RGB-D frames as ScanNet's exporter writes them: folders ``color``, ``depth``, ``pose`` and ``intrinsic`` of a scan."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from uniseg3d.io.images import read_color, read_map
from uniseg3d.structures import ViewSet
from uniseg3d.utils.errors import DataError, FileFormatError

MILLIMETRES = 1000.0
INTRINSICS = ('intrinsic/intrinsic_depth.txt', 'intrinsic/intrinsic_color.txt', 'intrinsics.txt')


def frame_names(folder: str | Path) -> list[str]:
    """Numbers of the frames of which ``folder`` holds colour, depth and pose, in ascending order."""
    folder = Path(folder)
    parts = [{path.stem for path in (folder / part).glob('*.*')} for part in ('color', 'depth', 'pose')]
    names = sorted((name for name in set.intersection(*parts) if name.isdecimal()), key=int)
    if not names:
        raise DataError(f'{folder} holds no frame with color/N.jpg, depth/N.png and pose/N.txt; export the frames of the scan')
    return names


def read_views(folder: str | Path, every: int = 1, instances: bool = False) -> ViewSet:
    """Every ``every``-th frame whose pose is known, at the size of the depth maps.

    ``instances``: also the annotated object of each pixel (objectId, -1 = none), where the frames have such maps.
    """
    folder = Path(folder)
    poses = {name: read_matrix(folder / 'pose' / f'{name}.txt') for name in frame_names(folder)[::every]}
    names = [name for name, pose in poses.items() if np.isfinite(pose).all()]  # a lost camera has -inf everywhere
    if not names:
        raise DataError(f'{folder}: none of {len(poses)} frames has a finite pose; export the frames of the scan again')
    depth = stacked({name: read_map(folder / 'depth' / f'{name}.png') for name in names}, folder)
    size = (depth.shape[2], depth.shape[1])
    objects = None
    if instances:
        ids = [read_map(folder / 'instance' / f'{name}.png').astype(np.int64) - 1 for name in names]
        objects = torch.from_numpy(np.stack([_nearest(values, size) for values in ids]))
    return ViewSet(
        scene_id=folder.name,
        images=torch.from_numpy(np.stack([_read_color(folder / 'color', name, size) for name in names])),
        names=names,
        intrinsics=torch.from_numpy(_read_intrinsics(folder)).expand(len(names), 3, 3),
        camera_to_world=torch.from_numpy(np.stack([poses[name] for name in names])),
        depth=torch.from_numpy(depth.astype(np.float32) / MILLIMETRES),
        instance=objects,
    )


def read_matrix(path: str | Path) -> np.ndarray:
    """A 4 x 4 matrix of numbers in text [4, 4] float64; infinite ones are kept."""
    try:
        values = np.array(Path(path).read_text(encoding='utf-8').split(), dtype=np.float64)
    except OSError as error:
        raise DataError(f'cannot read {path}: {error.strerror}; export the frames of the scan again') from error
    except ValueError as error:
        raise FileFormatError(f'{path} does not hold numbers ({error}); expected a 4 x 4 matrix') from error
    if values.size != 16:
        raise FileFormatError(f'{path} holds {values.size} numbers; expected the 16 of a 4 x 4 matrix')
    return values.reshape(4, 4)


def _read_intrinsics(folder: Path) -> np.ndarray:
    path = next((folder / name for name in INTRINSICS if (folder / name).exists()), None)
    if path is None:
        raise DataError(f'{folder} has none of {", ".join(INTRINSICS)}; export the frames of the scan again')
    return read_matrix(path)[:3, :3].copy()


def _read_color(folder: Path, name: str, size: tuple[int, int]) -> np.ndarray:
    """Picture at ``size`` (width, height); the intrinsics are those of the depth maps."""
    path = next((folder / f'{name}{suffix}' for suffix in ('.jpg', '.png') if (folder / f'{name}{suffix}').exists()), None)
    if path is None:
        raise DataError(f'{folder} has neither {name}.jpg nor {name}.png; export the frames of the scan again')
    image = read_color(path)
    return image if image.shape[1::-1] == size else np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR))


def _nearest(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Ids [H, W] at another ``size`` (width, height)."""
    rows, columns = (np.arange(n) * old // n for n, old in zip(size[::-1], values.shape, strict=True))
    return values[rows[:, None], columns]


def stacked(maps: Mapping[str, np.ndarray], folder: Path) -> np.ndarray:
    """Maps of frames, by the names of these, as one array; they must have one size."""
    sizes = Counter(values.shape for values in maps.values())
    if len(sizes) > 1:
        usual = sizes.most_common(1)[0][0]
        names = [name for name, values in maps.items() if values.shape != usual]
        shown = ', '.join(names[:5]) + (', ...' if len(names) > 5 else '')
        raise DataError(
            f'{folder}: frames have different sizes: {len(names)} ({shown}) are not {usual[0]} x {usual[1]} as the others, the '
            f'first of them is {maps[names[0]].shape[0]} x {maps[names[0]].shape[1]}; export them again, or remove them'
        )
    return np.stack(list(maps.values()))
