"""Class-agnostic 2D masks of frames, given as files, lifted to pseudo masks over the points of a scan.

``<masks>/<scene>/<i>.png``: number of the mask of each pixel of frame i, 0 = none; numbers mean nothing beyond their frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from uniseg3d.datasets.preparation.export_batch import array_path, exported_as_scannet200
from uniseg3d.datasets.preparation.faults import Fault
from uniseg3d.datasets.preparation.labels import class_table
from uniseg3d.datasets.preparation.mask_merging import drop_small, merge_views
from uniseg3d.geometry.projection import find_visible
from uniseg3d.io.arrays import read_npy, write_npz
from uniseg3d.io.frames import MILLIMETRES, read_matrix
from uniseg3d.io.images import read_map
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import DataError, UniSeg3DError
from uniseg3d.utils.parallel import run_jobs


@dataclass(frozen=True)
class LiftSettings:
    """What is the same for all scenes."""

    export_folder: Path  # arrays of the scans
    frames: Path  # <scene>/depth, pose, intrinsic
    masks: Path
    out: Path
    least: int = 50  # points of a mask
    tolerance: float = 0.05  # share of the measured depth by which a point may lie before or behind it


@dataclass
class LiftReport:
    """What became of the scenes."""

    lifted: int = 0
    finished: int = 0  # by an earlier run
    masks: int = 0
    faults: list[Fault] = field(default_factory=list)

    def __add__(self, other: 'LiftReport') -> 'LiftReport':
        return LiftReport(
            self.lifted + other.lifted, self.finished + other.finished, self.masks + other.masks, self.faults + other.faults
        )

    def __str__(self) -> str:
        return f'{self.lifted} scenes lifted with {self.masks} masks, {self.finished} finished earlier'


def lift_scenes(settings: LiftSettings, scenes: Sequence[str], workers: int = 1) -> LiftReport:
    """Write the pseudo masks of the scenes that have none yet; faults of single frames and scenes are collected."""
    jobs = [(settings, scene) for scene in scenes]
    return sum(run_jobs(_lift_or_fault, jobs, workers, 'lifting masks'), LiftReport())


def _lift_or_fault(job: tuple[LiftSettings, str]) -> LiftReport:
    settings, scene = job
    path = settings.out / f'{scene}.npz'
    if path.exists():
        return LiftReport(finished=1)
    faults: list[Fault] = []
    try:
        masks = lift_scene(settings, scene, faults)
        write_npz(path, masks=masks)
    except UniSeg3DError as error:
        return LiftReport(faults=[*faults, Fault(scene, str(error))])
    return LiftReport(lifted=1, masks=len(masks), faults=faults)


def lift_scene(settings: LiftSettings, scene: str, faults: list[Fault]) -> np.ndarray:
    """Masks of what the 20 classes do not annotate: bool [u, N], disjoint; ``faults`` gets the frames that cannot be used."""
    path = array_path(settings.export_folder, scene, 'vert')
    points = read_npy(path, (None, 6))[:, :3]
    if not len(points):
        raise DataError(f'{path} holds no points; export the scan again')
    views = []
    for path in _mask_files(settings.masks / scene):
        try:
            seen = _view_groups(settings, scene, path, points)
            views += [] if seen is None else [seen]
        except UniSeg3DError as error:
            faults.append(Fault(scene, str(error)))
    if not views:
        raise DataError(f'none of the masks in {settings.masks / scene} can be used; check the frames in {settings.frames}')
    groups = merge_views(views, settings.least)
    known = _annotated(settings.export_folder, scene, len(points))
    groups = drop_small(_without(groups, known), settings.least)
    return groups == np.arange(groups.max(initial=-1) + 1)[:, None]


def _mask_files(folder: Path) -> list[Path]:
    files = sorted((path for path in folder.glob('*.png') if path.stem.isdecimal()), key=lambda path: int(path.stem))
    if not files:
        raise DataError(f'{folder} holds no masks (<frame>.png); write the masks of the frames there')
    return files


def _view_groups(settings: LiftSettings, scene: str, path: Path, points: np.ndarray) -> np.ndarray | None:
    """Number of the mask that each point [N] falls into, -1 = none or not seen; None for a camera that was lost."""
    folder = settings.frames / scene
    pose = read_matrix(folder / 'pose' / f'{path.stem}.txt')
    if not np.isfinite(pose).all():
        return None
    depth = read_map(folder / 'depth' / f'{path.stem}.png').astype(np.float32) / MILLIMETRES
    camera = read_matrix(folder / 'intrinsic' / 'intrinsic_depth.txt')[:3, :3]
    height, width = depth.shape
    found = find_visible(
        torch.from_numpy(points),
        torch.from_numpy(pose)[None],
        torch.from_numpy(camera.copy())[None],
        (width, height),
        torch.from_numpy(depth)[None],
        settings.tolerance,
        border=0,
    )
    masks = read_map(path)
    # masks may have the size of the colour images, which show the same part of the scene
    row, column = found.row.numpy() * masks.shape[0] // height, found.column.numpy() * masks.shape[1] // width
    groups = np.full(len(points), -1)
    groups[found.point.numpy()] = masks[row, column].astype(np.int64) - 1
    return groups


def _annotated(folder: Path, scene: str, count: int) -> np.ndarray:
    """Points [N] that belong to one of the 20 classes; none of a scan without annotation."""
    path = array_path(folder, scene, 'sem_label')
    if not path.exists():
        return np.zeros(count, dtype=bool)
    table = class_table(exported_as_scannet200(folder))
    return table[read_npy(path, (count,))] < len(class_list('scannet20'))


def _without(groups: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Groups that are mostly new, without their points that are known."""
    sizes, inside = np.bincount(groups + 1), np.bincount(groups[known] + 1, minlength=int(groups.max(initial=-1)) + 2)
    new = 2 * inside < sizes
    return np.where(new[groups + 1] & ~known, groups, -1)
