"""The first transform: read the arrays of a scene, check them against each other, repair what can be repaired."""

import warnings
from pathlib import Path

import numpy as np

from uniseg3d.io.arrays import read_bin, read_npz
from uniseg3d.registry import TRANSFORMS
from uniseg3d.superpoints.relabel import relabel
from uniseg3d.transforms.base import SampleDict
from uniseg3d.transforms.cloud_checks import Cloud, clean_cloud
from uniseg3d.utils.errors import DataError


def tidy_superpoints(ids: np.ndarray, novel_masks: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
    """Superpoint ids [N] without gaps, and the masks [u, M] over them with the columns that are left."""
    low, high = int(ids.min()), int(ids.max())
    if low < 0:
        raise DataError(f'superpoint ids start at {low}; expected 0..M-1: prepare this scene again')
    if novel_masks is not None and novel_masks.shape[1] <= high:
        raise DataError(f'novel masks cover {novel_masks.shape[1]} superpoints, but the superpoint ids reach {high}')
    if high < len(ids) and np.bincount(ids).all():
        return ids, novel_masks if novel_masks is None else novel_masks[:, : high + 1]
    return relabel(ids), novel_masks if novel_masks is None else novel_masks[:, np.unique(ids)]


@TRANSFORMS.register_module()
class LoadScene:
    """Add ``xyz`` and ``color`` [N, 3] float32, ``superpoints`` [N], and for labelled scenes ``instance_ids`` and ``semantic``
    [N] int64 as stored; with ``novel`` also the pseudo masks, over points [u, N] or over superpoints [u, M].

    ``unit``: metres per unit of the file. ``non_finite``: 'drop' points with NaN or Inf, or 'error'. ``max_extent``: metres
    that a cloud may span. Each kind of repair is announced once.
    """

    def __init__(self, novel: bool = False, unit: float = 1.0, non_finite: str = 'drop', max_extent: float = 100.0) -> None:
        self.novel = novel
        self.unit = unit
        self.non_finite = non_finite
        self.max_extent = max_extent
        self.announced: set[str] = set()

    def __call__(self, sample: SampleDict) -> SampleDict:
        info, paths = sample['info'], sample['paths']
        points = read_bin(paths['points'], np.float32, columns=6, count=info.num_points)
        cloud = clean_cloud(points, self.non_finite, self.unit, self.max_extent)
        self._announce(sample['scene_id'], cloud)
        sample.update(xyz=cloud.xyz, color=cloud.color, rows=cloud.rows, origin=cloud.origin)
        for key, name in (('superpoints', 'superpoints'), ('instance_ids', 'instance'), ('semantic', 'semantic')):
            sample[key] = self._per_point(paths[name], len(points), cloud.rows)
        if sample['superpoints'] is None:
            raise DataError('the info file names no superpoints; prepare the scene with tools/create_data.py')
        self._load_novel(sample, len(points))
        return sample

    def _load_novel(self, sample: SampleDict, count: int) -> None:
        masks = sample['info'].novel_superpoint_masks if self.novel else None
        sample['superpoints'], sample['novel_masks'] = tidy_superpoints(sample['superpoints'], masks)
        path = sample['paths'].get('novel')
        if self.novel and masks is None and path is not None:
            sample['novel_point_masks'] = _point_masks(path, count, sample['rows'])

    def _per_point(self, path: Path | None, count: int, rows: np.ndarray | None) -> np.ndarray | None:
        if path is None:
            return None
        values = read_bin(path, np.int64, count=count)
        return values if rows is None else values[rows]

    def _announce(self, scene_id: str, cloud: Cloud) -> None:
        for kind in cloud.repairs.keys() - self.announced:
            self.announced.add(kind)
            warnings.warn(f'scene {scene_id}: {cloud.repairs[kind]} (said once; other scenes may follow)', stacklevel=2)


def _point_masks(path: Path, count: int, rows: np.ndarray | None) -> np.ndarray:
    masks = read_npz(path, 'masks')
    if masks.ndim != 2 or masks.shape[1] != count:
        raise DataError(f'{path}: expected masks of shape (any, {count}), got {masks.shape}; make them again for this cloud')
    masks = masks.astype(bool)
    return masks if rows is None else masks[:, rows]
