"""Faults of a prepared data set, found before a training finds them."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from uniseg3d.datasets.scene_faults import SceneFaults
from uniseg3d.io.infos import inspect_infos
from uniseg3d.io.scene_info import SceneInfo
from uniseg3d.utils.errors import DataError
from uniseg3d.utils.parallel import run_jobs


@dataclass(frozen=True)
class Problem:
    """One fault: where it is and what is wrong."""

    scene_id: str  # empty where the info file itself is at fault
    file: str  # below the data set's folder
    fault: str


def info_files(root: Path) -> list[Path]:
    """Info files of a data set, at least one."""
    paths = sorted([*root.glob('*_infos_*.json'), *root.glob('*_infos_*.pkl')])
    if not paths:
        raise DataError(f'no info file (*_infos_<split>.json or .pkl) in {root}; make it with tools/create_data.py')
    return paths


def check_dataset(
    root: Path, scannet200: bool = False, workers: int = 1, classes: str = 'scannet20'
) -> tuple[int, list[Problem]]:
    """Check every scene of every info file below ``root``; returns the number of scenes and the faults.

    ``scannet200``: the semantic masks hold ScanNet200 ids instead of nyu40 ids. ``classes``: the list whose ids they hold.
    """
    count, problems = 0, []
    for path in info_files(root):
        infos, unreadable = _inspect(path)
        problems += [Problem('', path.name, str(error)) for error in unreadable]
        check = partial(check_scene, root, path.name, scannet200, classes)
        for found in run_jobs(check, infos, workers, f'checking {path.name}'):
            problems += found
        count += len(infos)
    return count, problems


def check_scene(root: Path, info_file: str, scannet200: bool, classes: str, info: SceneInfo) -> list[Problem]:
    """Faults of one scene; see :func:`check_dataset`."""
    scene = SceneFaults(root, info, scannet200, classes)
    return [Problem(info.scene_id, file or info_file, fault) for file, fault in scene.all()]


def _inspect(path: Path) -> tuple[list[SceneInfo], list[DataError]]:
    try:
        return inspect_infos(path)
    except DataError as error:
        return [], [error]
