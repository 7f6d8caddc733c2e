"""What can be wrong with the arrays of one prepared scene."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from uniseg3d.datasets.frame_faults import frame_faults
from uniseg3d.datasets.info_faults import box_faults, text_faults, thing_labels
from uniseg3d.datasets.preparation.conversion import FINE_FOLDER
from uniseg3d.datasets.preparation.labels import class_table
from uniseg3d.datasets.scene_dataset import scene_paths
from uniseg3d.io.arrays import read_bin, read_npz
from uniseg3d.io.scene_info import SceneInfo
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import DataError

LONGEST_SCAN = 100.0  # metres; a longer one is most likely in millimetres
FARTHEST = 1000.0  # metres from the origin; float32 loses millimetres beyond

Fault = tuple[str, str]  # file, what is wrong


class SceneFaults:
    """The arrays of a scene, read one after the other; what cannot be read is left out of later checks."""

    def __init__(self, root: Path, info: SceneInfo, scannet200: bool, classes: str = 'scannet20') -> None:
        self.root = root
        self.info = info
        self.listed = class_list(classes)
        self.classes = class_table(scannet200, classes)  # [raw ids]
        self.count = info.num_points
        self.superpoints: np.ndarray | None = None
        self.instance: np.ndarray | None = None
        self.semantic: np.ndarray | None = None

    def all(self) -> Iterator[Fault]:
        """Every fault, with the file it is in; an empty name means the scene's info entry."""
        checks = {
            'points': self._points,
            'superpoints': self._superpoints,
            'instance': self._instance,
            'semantic': self._semantic,
            'novel': self._pseudo_masks,
        }
        for key, path in scene_paths(self.root, self.info).items():
            if path is None:
                continue
            file = str(path.relative_to(self.root))
            try:
                yield from ((file, fault) for fault in checks[key](path))
            except DataError as error:
                yield file, str(error).replace(str(path), 'the file')
        yield from self._fine_labels()
        frames = self.root / 'frames' / self.info.scene_id
        if frames.is_dir():
            yield from ((f'frames/{self.info.scene_id}/{name}', fault) for name, fault in frame_faults(frames))
        yield from (('', fault) for fault in [*self._novel_masks(), *self._objects()])

    def _fine_labels(self) -> Iterator[Fault]:
        """ScanNet200 ids beside the semantic masks, where the data set has them."""
        path = self.root / FINE_FOLDER / (self.info.semantic_mask_path or '')
        if self.info.semantic_mask_path is None or not path.parent.is_dir():
            return
        file, top = str(path.relative_to(self.root)), len(class_table(True)) - 1
        try:
            ids = read_bin(path, np.int64, count=self.count)
        except DataError as error:
            yield file, str(error).replace(str(path), 'the file')
            return
        if ids.size and not 0 <= ids.min() <= ids.max() <= top:
            yield file, f'ScanNet200 ids run from {ids.min()} to {ids.max()}; expected 0..{top}'

    def _points(self, path: Path) -> Iterator[str]:
        points = read_bin(path, np.float32, columns=6)
        if self.count not in (None, len(points)):
            yield f'{len(points)} points, the info file says {self.count}'
        self.count = len(points)
        if not len(points):
            yield 'no points; a scene needs at least one'
            return
        bad = ~np.isfinite(points).all(axis=1)
        if bad.any():
            yield f'{bad.sum()} points have NaN or infinite values, the first is point {bad.argmax()}'
        yield from point_faults(points[~bad])

    def _superpoints(self, path: Path) -> Iterator[str]:
        ids = read_bin(path, np.int64, count=self.count)
        if not ids.size:
            return
        low, used = ids.min(), len(np.unique(ids))
        if low < 0:
            yield f'superpoint ids start at {low}; they must be 0..M-1'
        elif used != ids.max() + 1:
            yield f'superpoint ids have gaps: {used} different ids, the largest is {ids.max()}'
        self.superpoints = ids

    def _instance(self, path: Path) -> Iterator[str]:
        ids = read_bin(path, np.int64, count=self.count)
        if ids.size and not 0 <= ids.min() <= ids.max() <= len(ids):
            yield f'instance ids run from {ids.min()} to {ids.max()}; expected 0 (none) or objectId + 1'
        self.instance = ids

    def _semantic(self, path: Path) -> Iterator[str]:
        ids = read_bin(path, np.int64, count=self.count)
        if ids.size and not 0 <= ids.min() <= ids.max() < len(self.classes):
            yield f'semantic ids run from {ids.min()} to {ids.max()}; expected 0..{len(self.classes) - 1}'
            return
        self.semantic = ids

    def _pseudo_masks(self, path: Path) -> Iterator[str]:
        masks = read_npz(path, 'masks')
        if masks.ndim != 2 or masks.dtype != bool or self.count not in (None, masks.shape[1]):
            yield f'masks must be bool [u, {self.count}], got {masks.dtype} of shape {masks.shape}'

    def _novel_masks(self) -> Iterator[str]:
        masks = self.info.novel_superpoint_masks
        if masks is not None and self.superpoints is not None and masks.shape[1] != len(np.unique(self.superpoints)):
            yield f'novel masks cover {masks.shape[1]} superpoints, the scene has {len(np.unique(self.superpoints))}'

    def _objects(self) -> Iterator[str]:
        labels = None
        if self.instance is not None and self.semantic is not None and len(self.instance) == len(self.semantic):
            labels = thing_labels(self.instance, self.classes[self.semantic], self.listed)
            yield from box_faults(self.info.instances, labels, self.listed)
        yield from text_faults(self.info.texts, labels, self.count, self.listed)


def point_faults(points: np.ndarray) -> Iterator[str]:
    """Faults of finite points [n, 6]: xyz in metres, colours 0..255."""
    if not len(points):
        return
    xyz, color = points[:, :3].astype(np.float64), points[:, 3:]
    extent = (xyz.max(axis=0) - xyz.min(axis=0)).max()
    if extent > LONGEST_SCAN:
        yield f'the scene spans {extent:.0f} m; are these millimetres?'
    if np.abs(xyz).max() > FARTHEST:
        yield f'coordinates lie up to {np.abs(xyz).max():.3g} m from the origin; move the scene there'
    if color.min() < 0 or color.max() > 255:
        yield f'colours run from {color.min():g} to {color.max():g}; expected 0..255'
    elif 0 < color.max() <= 1:
        yield 'colours run from 0 to 1; expected 0..255'
