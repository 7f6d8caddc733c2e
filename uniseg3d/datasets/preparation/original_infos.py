"""Info pickles as the original UniSeg3D reads them, from prepared scenes."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from uniseg3d.datasets.scene_dataset import scene_paths
from uniseg3d.io.arrays import read_bin, read_npz
from uniseg3d.io.infos_pickle import scene_to_pickle, write_pickle
from uniseg3d.io.scene_info import SceneInfo
from uniseg3d.utils.progress import track


def write_original_infos(
    path: Path, infos: Sequence[SceneInfo], root: Path, dataset: str, categories: Mapping[str, int]
) -> None:
    """Write the pickle of one split; sentences about several objects or none have no place in it."""
    entries = [_entry(info, root) for info in track(infos, f'writing {path.name}')]
    write_pickle(path, entries, dataset, categories)


def _entry(info: SceneInfo, root: Path) -> dict:
    paths = scene_paths(root, info)
    superpoints = read_bin(paths['superpoints'] or '', np.int64)
    instance = read_bin(paths['instance'], np.int64) if paths['instance'] else np.zeros(0, np.int64)
    masks = read_npz(paths['novel'], 'masks') if paths['novel'] else np.zeros((0, len(superpoints)), bool)
    points = {text.object_id: np.flatnonzero(instance == text.object_id + 1) for text in info.texts if text.object_id >= 0}
    return scene_to_pickle(info, points, _over_superpoints(masks, superpoints))


def _over_superpoints(masks: np.ndarray, superpoints: np.ndarray) -> np.ndarray:
    """Point masks [u, N] as the superpoints [u, M] of which they hold most points."""
    sizes = np.bincount(superpoints)
    inside = [np.bincount(superpoints[mask], minlength=len(sizes)) for mask in masks]
    return 2 * np.array(inside).reshape(-1, len(sizes)) > sizes
