"""Many raw scans to ``.npy`` files: parallel, resumable, and a scan that fails stops none of the others."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from uniseg3d.datasets.preparation.faults import Fault
from uniseg3d.datasets.preparation.labels import category_ids, label_space
from uniseg3d.datasets.preparation.scan_export import SUPERPOINTS, ExportedScan, export_scan, subsample
from uniseg3d.io.arrays import read_npy, write_npy
from uniseg3d.io.scannet import read_label_map, read_scan
from uniseg3d.utils.errors import ConfigError, DataError, UniSeg3DError
from uniseg3d.utils.files import read_json, require_writable, write_text
from uniseg3d.utils.parallel import run_jobs

SETTINGS_FILE = 'export.json'
FINE_LABELS = 'sem_label200'  # ScanNet200 ids, whatever sem_label holds; exports of earlier versions lack them


@dataclass(frozen=True)
class ExportSettings:
    """What is the same for all scans of one export."""

    output_folder: Path
    label_map_file: Path
    scannet200: bool = False
    max_points: int | None = None  # None keeps every vertex
    superpoints: str = 'mesh'  # or 'cloud': what they are made from

    def __post_init__(self) -> None:
        if self.superpoints not in SUPERPOINTS:
            raise ConfigError(f"superpoints are made from 'mesh' or 'cloud', got {self.superpoints!r}")


@dataclass(frozen=True)
class ScanJob:
    """One scan to export."""

    folder: Path  # holds the scan's own folder
    scene_id: str
    annotated: bool
    settings: ExportSettings

    @property
    def finished(self) -> bool:
        """Whether an earlier run wrote everything; the points are written last."""
        return self.array('vert').exists()

    @property
    def lacks_fine_labels(self) -> bool:
        """Whether an earlier version finished it, which did not write ScanNet200 ids, and they can be added."""
        can = self.annotated and self.settings.max_points is None and (self.folder / self.scene_id).is_dir()
        return self.finished and can and not self.array(FINE_LABELS).exists()

    def array(self, name: str) -> Path:
        """File of one of its arrays."""
        return array_path(self.settings.output_folder, self.scene_id, name)


@dataclass
class ExportReport:
    """What became of the scans."""

    exported: list[str]
    skipped: list[str]  # finished earlier
    failures: dict[str, str]  # scene -> reason

    @property
    def faults(self) -> list[Fault]:
        """The failures, to be reported."""
        return [Fault(scene_id, reason) for scene_id, reason in self.failures.items()]


def array_path(folder: Path, scene_id: str, array: str) -> Path:
    """File of one exported array: vert, sp_label, sem_label, ins_label, ..."""
    return folder / f'{scene_id}_{array}.npy'


def read_scene_names(path: Path) -> list[str]:
    """Scenes of a list file, one name per line."""
    try:
        names = [line.strip() for line in path.read_text(encoding='utf-8').splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f'cannot read the scene list {path} ({error}); put a text file with one scene per line there'
        ) from error
    for name in names:
        if '/' in name or '\\' in name or name.startswith('.'):
            raise DataError(f'{path}: {name!r} is not a scene name')
    return list(dict.fromkeys(names))


def jobs_for(folder: Path, names: Sequence[str], annotated: bool, settings: ExportSettings) -> list[ScanJob]:
    """One job per scene of a list."""
    return [ScanJob(folder, name, annotated, settings) for name in names]


def export_scans(jobs: Sequence[ScanJob], settings: ExportSettings, workers: int = 1) -> ExportReport:
    """Export the scans that are not finished. Errors of single scans are collected; those of all scans raise."""
    label_map(settings, settings.scannet200)
    _claim_folder(settings)
    todo = [job for job in jobs if not job.finished or job.lacks_fine_labels]
    pending = set(todo)
    skipped = [job.scene_id for job in jobs if job not in pending]
    reasons = run_jobs(_export_or_reason, todo, workers, 'exporting scans')
    failures = {job.scene_id: reason for job, reason in zip(todo, reasons, strict=True) if reason is not None}
    return ExportReport([job.scene_id for job in todo if job.scene_id not in failures], skipped, failures)


@cache
def label_map(settings: ExportSettings, scannet200: bool) -> dict[str, int]:
    """Ids of the raw categories in one of the two label spaces."""
    return read_label_map(settings.label_map_file, label_space(scannet200).column)


def exported_as_scannet200(folder: Path) -> bool:
    """Whether the arrays in ``folder`` hold ScanNet200 ids; exports without a note hold nyu40 ids."""
    path = folder / SETTINGS_FILE
    remedy = f'delete {folder} and export the scans again'
    note = read_json(path, remedy) if path.exists() else {'scannet200': False}
    if not isinstance(note, dict) or not isinstance(note.get('scannet200'), bool):
        raise DataError(f'{path} does not say whether "scannet200" is true or false; {remedy}')
    return note['scannet200']


def _claim_folder(settings: ExportSettings) -> None:
    """Note the settings in the output folder; refuse to mix two kinds of labels there."""
    folder = settings.output_folder
    require_writable(folder)
    names = ('scannet200', 'max_points', 'superpoints')
    note = json.dumps({name: getattr(settings, name) for name in names})
    path = folder / SETTINGS_FILE
    if path.exists() and path.read_text(encoding='utf-8') != note:
        raise ConfigError(
            f'{folder} holds scans exported with {path.read_text(encoding="utf-8")}, now asked for {note}; '
            'choose another output folder or delete this one'
        )
    write_text(path, note)


def _export_or_reason(job: ScanJob) -> str | None:
    try:
        if job.lacks_fine_labels:
            _add_fine_labels(job)
        else:
            _export(job)
    except UniSeg3DError as error:
        return str(error)
    return None


def _export(job: ScanJob) -> None:
    settings = job.settings
    scan = read_scan(job.folder / job.scene_id, job.scene_id, job.annotated)
    space, fine_map = label_space(settings.scannet200), label_map(settings, True)
    exported = export_scan(scan, label_map(settings, settings.scannet200), space, fine_map, settings.superpoints)
    if settings.max_points is not None:
        # the name seeds the draw: the same points whatever else is exported
        exported = subsample(exported, settings.max_points, np.random.default_rng(zlib.crc32(job.scene_id.encode())))
    _write(exported, settings.output_folder, job.scene_id)


def _add_fine_labels(job: ScanJob) -> None:
    annotation = read_scan(job.folder / job.scene_id, job.scene_id, annotated=True).annotation
    if annotation is not None:
        fine = category_ids(annotation, label_map(job.settings, True))
        read_npy(job.array('vert'), (len(fine), 6))  # refuses another version of the scan
        write_npy(job.array(FINE_LABELS), fine)


def _write(scan: ExportedScan, folder: Path, scene_id: str) -> None:
    arrays = {'sp_label': scan.superpoints}
    if scan.labels is not None:
        arrays |= {
            'sem_label': scan.labels.semantic,
            'ins_label': scan.labels.instance,
            'unaligned_bbox': scan.labels.unaligned_boxes,
            'aligned_bbox': scan.labels.aligned_boxes,
            'axis_align_matrix': scan.labels.axis_align_matrix,
        }
    if scan.fine_labels is not None:
        arrays[FINE_LABELS] = scan.fine_labels
    arrays['vert'] = scan.points  # last: its presence says that the scan is finished
    for name, array in arrays.items():
        write_npy(array_path(folder, scene_id, name), array)
