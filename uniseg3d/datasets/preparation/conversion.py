"""Exported ``.npy`` arrays of a scene to the ``.bin`` files that data sets read, and what its info entry says."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from uniseg3d.datasets.preparation.export_batch import FINE_LABELS, array_path
from uniseg3d.datasets.preparation.faults import Fault
from uniseg3d.datasets.preparation.labels import class_table, object_extents
from uniseg3d.datasets.scene_dataset import FOLDERS
from uniseg3d.io.arrays import read_npy, write_bin
from uniseg3d.io.scene_info import InstanceBox, SceneInfo
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import DataError, UniSeg3DError

FINE_FOLDER = 'semantic_mask_200'  # ScanNet200 ids, beside the ids that ``semantic_mask`` holds


@dataclass(frozen=True)
class ConversionJob:
    """One scene to convert."""

    export_folder: Path
    out_folder: Path
    scene_id: str
    annotated: bool
    scannet200: bool  # the label space of the exported arrays


class ConvertedScene(NamedTuple):
    """What the info file says about a scene, without sentences."""

    info: SceneInfo
    object_ids: list[int]  # of all annotated objects, whatever their class


def convert_or_fault(job: ConversionJob) -> ConvertedScene | Fault:
    """The scene of a job, or why there is none."""
    try:
        return convert_scene(job)
    except UniSeg3DError as error:
        return Fault(job.scene_id, str(error))


def convert_scene(job: ConversionJob) -> ConvertedScene:
    """Write the scene's ``.bin`` files, unless they are up to date, and return its entry."""
    points = _convert(job, 'vert', FOLDERS['points'], np.float32, (None, 6))
    if not len(points):
        raise DataError(f'{array_path(job.export_folder, job.scene_id, "vert")} holds no points; export the scan again')
    count = len(points)
    _convert(job, 'sp_label', FOLDERS['superpoints'], np.int64, (count,))
    name = f'{job.scene_id}.bin'
    info = SceneInfo(job.scene_id, points_path=name, superpoints_path=name, num_points=count)
    object_ids: list[int] = []
    if job.annotated:
        instance = _convert(job, 'ins_label', FOLDERS['instance'], np.int64, (count,))
        semantic = _convert(job, 'sem_label', FOLDERS['semantic'], np.int64, (count,))
        matrix = read_npy(array_path(job.export_folder, job.scene_id, 'axis_align_matrix'), (4, 4)).astype(np.float64)
        info.instance_mask_path = info.semantic_mask_path = name
        info.axis_align_matrix = matrix
        info.instances = thing_boxes(points[:, :3], instance, _classes(semantic, job), matrix)
        object_ids = (np.unique(instance[instance > 0]) - 1).tolist()
        if array_path(job.export_folder, job.scene_id, FINE_LABELS).exists():
            _convert(job, FINE_LABELS, FINE_FOLDER, np.int64, (count,))
    return ConvertedScene(info, object_ids)


def thing_boxes(
    xyz: np.ndarray, instance: np.ndarray, classes: np.ndarray, matrix: np.ndarray, things: Sequence[int] | None = None
) -> list[InstanceBox]:
    """Aligned boxes of the objects that training sees: those with points of a thing class.

    Args:
        xyz: [N, 3] metres, scan frame.
        instance: [N] objectId + 1, 0 = none.
        classes: [N] 0..20; the class of an object is that of its first point among the things.
        matrix: [4, 4] scan to aligned frame.
        things: classes that have instances, increasing; None = those of ScanNet.
    """
    things = class_list('scannet20').things if things is None else tuple(things)
    keep = np.isin(classes, things) & (instance > 0)
    if not keep.any():
        return []
    xyz, instance, classes = xyz[keep].astype(np.float64), instance[keep], classes[keep]
    low, high, object_ids = object_extents(xyz @ matrix[:3, :3].T + matrix[:3, 3], instance)
    first = np.unique(instance, return_index=True)[1]
    labels = [things.index(label) for label in classes[first].tolist()]
    return [
        InstanceBox(label, (a + b) / 2, b - a, object_id)
        for label, a, b, object_id in zip(labels, low, high, object_ids.tolist(), strict=True)
    ]


def _convert(job: ConversionJob, array: str, folder: str, dtype: Any, shape: tuple[int | None, ...]) -> np.ndarray:
    source = array_path(job.export_folder, job.scene_id, array)
    values = read_npy(source, shape).astype(dtype, copy=False)
    target = job.out_folder / folder / f'{job.scene_id}.bin'
    if not _up_to_date(source, target, values.nbytes):
        write_bin(target, values, dtype)
    return values


def _up_to_date(source: Path, target: Path, size: int) -> bool:
    if not target.is_file():
        return False
    written = target.stat()
    return written.st_size == size and written.st_mtime_ns >= source.stat().st_mtime_ns


def _classes(semantic: np.ndarray, job: ConversionJob) -> np.ndarray:
    table = class_table(job.scannet200)
    if semantic.min() < 0 or semantic.max() >= len(table):
        path = array_path(job.export_folder, job.scene_id, 'sem_label')
        raise DataError(
            f'{path}: ids {semantic.min()}..{semantic.max()} are outside 0..{len(table) - 1}; export the scan again'
        )
    return table[semantic]
