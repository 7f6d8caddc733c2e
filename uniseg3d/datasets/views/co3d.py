"""CO3Dv2 and WildRGB-D: lists of frames in a JSON file, depths relative to a maximum, masks of the object."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np

from uniseg3d.io.arrays import read_npz
from uniseg3d.io.images import read_map
from uniseg3d.utils.files import read_json

_MASKED = 0.1  # of full: from here on a pixel of the mask belongs to the object
_LEFT_OUT = ('box/scenes/scene_257',)  # its frames are damaged


def co3d_scenes(root: Path, split: str) -> list[str]:
    """``category/sequence`` of ``selected_seqs_<split>.json``."""
    chosen = _selected(root / f'selected_seqs_{split}.json')
    return [name for name in sorted(chosen) if name not in _LEFT_OUT]


def co3d_names(form: str) -> Callable[[Path], list[str]]:
    """Frames of a scene as the JSON files of all splits list them."""

    def names(folder: Path) -> list[str]:
        root, scene = _root_of(folder)
        lists = (_selected(path) for path in sorted(root.glob('selected_seqs_*.json')))
        numbers = next((chosen[scene] for chosen in lists if scene in chosen), ())
        return [form.format(number) for number in numbers]

    return names


def _root_of(folder: Path) -> tuple[Path, str]:
    """The folder above all categories: names of scenes have one slash or, in WildRGB-D, two."""
    for root in folder.parents:
        if any(root.glob('selected_seqs_*.json')):
            return root, folder.relative_to(root).as_posix()
    return folder.parent, folder.name


@lru_cache(maxsize=8)
def _selected(path: Path) -> dict[str, tuple[int, ...]]:
    content = read_json(path, 'prepare the data set again')
    return {
        f'{category}/{sequence}': tuple(frames) for category, found in content.items() for sequence, frames in found.items()
    }


def co3d_depth(path: Path) -> np.ndarray:
    """Depth [H, W] float32; the archive of the camera, beside the image, says how much 65535 is."""
    name = path.name.removesuffix('.jpg.geometric.png')
    maximum = float(read_npz(path.parents[1] / 'images' / f'{name}.npz', 'maximum_depth'))
    return (read_map(path).astype(np.float32) / 65535 * maximum).astype(np.float32)


def co3d_mask(pattern: str) -> Callable[[Path, str], np.ndarray]:
    """Reader of masks [H, W] bool of the object."""
    return lambda folder, name: read_map(folder / pattern.format(name)) / 255 > _MASKED
