"""Labelled scans of any data set to one prepared layout: a reader per data set gives the arrays, all else is here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from uniseg3d.datasets.preparation.conversion import thing_boxes
from uniseg3d.datasets.preparation.create_data import CreatedData
from uniseg3d.datasets.preparation.faults import Fault
from uniseg3d.datasets.preparation.labels import class_table
from uniseg3d.datasets.scene_dataset import FOLDERS
from uniseg3d.io.arrays import read_bin, write_bin
from uniseg3d.io.infos import write_infos
from uniseg3d.io.scene_info import SceneInfo
from uniseg3d.superpoints import cloud_superpoints, mesh_superpoints
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import DataError, UniSeg3DError
from uniseg3d.utils.parallel import run_jobs


@dataclass(frozen=True, eq=False)
class LabelledScan:
    """N points of one scan; a scan that nobody annotated has no labels."""

    xyz: np.ndarray  # [N, 3] metres, z up
    colors: np.ndarray | None  # [N, 3] 0..255; None = grey
    semantic: np.ndarray | None = None  # [N] raw ids of the class list, any other id = void
    instance: np.ndarray | None = None  # [N] object id + 1, 0 = none
    faces: np.ndarray | None = None  # [F, 3]; superpoints follow the surface where there is one
    further: Mapping[str, np.ndarray] = field(default_factory=dict)  # folder -> [N] ids of another class list

    def superpoints(self) -> np.ndarray:
        """Superpoint of each point [N]."""
        if self.faces is None:
            return cloud_superpoints(self.xyz, self.colors)
        return mesh_superpoints(self.xyz, self.faces)


@dataclass(frozen=True)
class ScanJob:
    """One scan to prepare. ``read`` takes its folder; it crosses over to worker processes, so it is a plain function."""

    scene_id: str
    folder: Path
    out: Path
    read: Callable[[Path], LabelledScan]
    classes: str
    annotated: bool = True

    def path(self, array: str) -> Path:
        """File of one of the arrays in ``FOLDERS``."""
        return self.out / FOLDERS[array] / f'{self.scene_id}.bin'


def create_splits(dataset: str, out: Path, tag: str, splits: Mapping[str, Sequence[ScanJob]], workers: int = 1) -> CreatedData:
    """Prepare the scans of all splits and write an info file for each; scans that fail are named, the rest is done.

    A split may be named as a path, such as 'folds/area1_train', where its info file lies in that folder.
    """
    jobs = {job.scene_id: job for members in splits.values() for job in members}
    results = dict(zip(jobs, run_jobs(prepare_or_fault, list(jobs.values()), workers, f'preparing {dataset}'), strict=True))
    made = CreatedData(faults=[result for result in results.values() if isinstance(result, Fault)])
    for split, members in splits.items():
        infos = [info for info in (results[job.scene_id] for job in members) if isinstance(info, SceneInfo)]
        made.info_files.append(_write_split(dataset, out, tag, split, infos, next(iter(jobs.values())).classes))
    return made


def _write_split(dataset: str, out: Path, tag: str, split: str, infos: Sequence[SceneInfo], classes: str) -> Path:
    folder, _, name = split.rpartition('/')
    path = out / folder / f'{"uniseg3d" if tag == dataset else tag}_infos_{name}.json'
    write_infos(path, infos, dataset, {name: index for index, name in enumerate(class_list(classes).thing_names)})
    print(f'{path}: {len(infos)} scenes, {sum(len(info.instances) for info in infos)} objects')
    return path


def prepare_or_fault(job: ScanJob) -> SceneInfo | Fault:
    """The scene of a job, or why there is none."""
    try:
        if not job.path('points').exists():
            _write(job, job.read(job.folder))
        return _info(job)
    except UniSeg3DError as error:
        return Fault(job.scene_id, str(error))


def _write(job: ScanJob, scan: LabelledScan) -> None:
    if not len(scan.xyz) or not np.isfinite(scan.xyz).all():
        raise DataError(f'{job.folder}: {len(scan.xyz)} points, not all finite; expected at least one and only finite ones')
    colors = np.full(scan.xyz.shape, 128.0) if scan.colors is None else scan.colors
    write_bin(job.path('superpoints'), scan.superpoints(), np.int64)
    if job.annotated:
        if scan.semantic is None or scan.instance is None:
            raise DataError(f'{job.folder} has no annotation; only scans of the test split may lack it')
        write_bin(job.path('semantic'), scan.semantic, np.int64)
        write_bin(job.path('instance'), scan.instance, np.int64)
        for folder, labels in scan.further.items():
            write_bin(job.out / folder / f'{job.scene_id}.bin', labels, np.int64)
    # last: its presence says that the scan is finished
    write_bin(job.path('points'), np.concatenate([scan.xyz, colors], axis=1), np.float32)


def _info(job: ScanJob) -> SceneInfo:
    points = read_bin(job.path('points'), np.float32, columns=6)
    name = f'{job.scene_id}.bin'
    info = SceneInfo(job.scene_id, points_path=name, superpoints_path=name, num_points=len(points))
    if job.annotated:
        classes = class_list(job.classes)
        instance, semantic = (read_bin(job.path(array), np.int64, count=len(points)) for array in ('instance', 'semantic'))
        info.instance_mask_path = info.semantic_mask_path = name
        places = class_table(False, job.classes)[semantic]
        info.instances = thing_boxes(points[:, :3], instance, places, np.eye(4), classes.things)
    return info
