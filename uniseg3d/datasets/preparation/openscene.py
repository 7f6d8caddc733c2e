"""Scenes that OpenScene processed: ``<root>/<split>/<scene>.pth`` with (positions, colours -1..1 or 0, labels), 255 = none.

Superpoints from ``<root>/superpoint/<scene>.pth`` where they are, else made from the cloud. The same for all its data sets.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from uniseg3d.datasets.preparation.create_data import CreatedData, Options
from uniseg3d.datasets.preparation.labelled_scan import LabelledScan, ScanJob, create_splits
from uniseg3d.superpoints import relabel
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import DataError, FileFormatError
from uniseg3d.utils.torch_arrays import read_torch_arrays

MESH_SUFFIX = '_vh_clean_2'  # of ScanNet's files
NONE = (255, -100)  # of labels


@dataclass(frozen=True, eq=False)
class OpenSceneScan(LabelledScan):
    """A processed scene, with superpoints where somebody made them."""

    given: np.ndarray | None = None  # [N]

    def superpoints(self) -> np.ndarray:
        """Superpoint of each point [N]."""
        return super().superpoints() if self.given is None else relabel(self.given)


def create_openscene(
    root: Path, out: Path, tag: str = 'openscene', options: Options | None = None, classes: str = 'scannet20'
) -> CreatedData:
    """Prepare all splits that are there; ``classes``: the list that labels count."""
    splits = {
        split: [_job(path, out, classes) for path in sorted((root / split).glob('*.pth'))] for split in ('train', 'val', 'test')
    }
    if not any(splits.values()):
        raise DataError(f'{root} holds no {{train,val,test}}/<scene>.pth; unpack the processed scenes of OpenScene there')
    return create_splits('openscene', out, tag, splits, (options or Options()).workers)


def _job(path: Path, out: Path, classes: str) -> ScanJob:
    return ScanJob(path.stem.removesuffix(MESH_SUFFIX), path, out, partial(read_processed, classes=classes), classes)


def read_processed(path: Path, classes: str = 'scannet20') -> LabelledScan:
    """One processed scene."""
    content = read_torch_arrays(path)
    if not isinstance(content, tuple | list) or len(content) != 3:
        raise FileFormatError(f'{path}: expected positions, colours and labels, got {type(content).__name__}')
    xyz, colors, labels = (np.asarray(part) for part in content)
    if xyz.ndim != 2 or xyz.shape[1] != 3 or labels.shape != xyz.shape[:1]:
        raise FileFormatError(f'{path}: positions {xyz.shape} and labels {labels.shape}; expected [N, 3] and [N]')
    raw = np.array([*class_list(classes).raw_ids, _unused(classes)])
    places = np.where(np.isin(labels, NONE), len(raw) - 1, labels).astype(np.int64)
    if len(places) and not 0 <= places.min() <= places.max() < len(raw):
        raise DataError(f'{path}: labels {places.min()}..{places.max()}, but {classes} has {len(raw) - 1} classes')
    return OpenSceneScan(
        xyz.astype(np.float64),
        None if colors.ndim == 0 else (colors + 1) * 127.5,
        raw[places],
        np.zeros(len(xyz), dtype=np.int64),
        given=_superpoints(path, len(xyz)),
    )


def _unused(classes: str) -> int:
    """A raw id of no class."""
    taken = set(class_list(classes).raw_ids)
    return next(number for number in range(len(taken) + 1) if number not in taken)


def _superpoints(path: Path, count: int) -> np.ndarray | None:
    """Ids that lie beside the split of a scene."""
    other = path.parent.parent / 'superpoint' / path.name
    if not other.exists():
        return None
    ids: Any = np.asarray(read_torch_arrays(other))
    if ids.shape != (count,):
        raise DataError(f'{other} has shape {ids.shape}; expected one id for each of {count} points')
    return ids
