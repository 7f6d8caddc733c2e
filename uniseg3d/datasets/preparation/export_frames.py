"""Frames of ``.sens`` recordings as single files, in the layout of ScanNet's own exporter.

``<out>/<scene>/``: ``color/<i>.jpg``, ``depth/<i>.png`` (16 bits, millimetres), ``pose/<i>.txt`` (camera to world) and
``intrinsic/{intrinsic,extrinsic}_{color,depth}.txt``; i is the number of the frame in the recording.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from uniseg3d.datasets.preparation.faults import Fault
from uniseg3d.io.images import encode_jpeg, encode_png
from uniseg3d.io.scannet import matrix_text
from uniseg3d.io.sens import SensFile
from uniseg3d.utils.errors import DataError, UniSeg3DError
from uniseg3d.utils.files import require_writable, write_text
from uniseg3d.utils.parallel import run_jobs

PNG_LEVEL = 1  # several times as fast as the default, and depth hardly gets larger


@dataclass(frozen=True)
class FrameJob:
    """One recording to export."""

    source: Path  # .sens
    folder: Path  # of the scene
    every: int = 1
    keep_lost: bool = False  # also frames whose pose is not finite


@dataclass
class FrameReport:
    """What became of the frames, of one scene or of all."""

    exported: int = 0
    finished: int = 0  # by an earlier run
    lost: int = 0  # left out: the camera did not know where it was
    faults: list[Fault] = field(default_factory=list)

    def __add__(self, other: 'FrameReport') -> 'FrameReport':
        return FrameReport(
            self.exported + other.exported,
            self.finished + other.finished,
            self.lost + other.lost,
            self.faults + other.faults,
        )

    def __str__(self) -> str:
        counts = f'{self.exported} frames exported, {self.finished} finished earlier, {self.lost} without a pose left out'
        return f'{counts}, {len(self.faults)} faults'


def frame_jobs(scans: Path, out: Path, scenes: Sequence[str], every: int, keep_lost: bool = False) -> list[FrameJob]:
    """Jobs for ``scans/<scene>/<scene>.sens``."""
    return [FrameJob(scans / scene / f'{scene}.sens', out / scene, every, keep_lost) for scene in scenes]


def recorded_scenes(scans: Path) -> list[str]:
    """Scenes below ``scans`` that have a recording."""
    scenes = sorted(path.stem for path in scans.glob('*/*.sens') if path.stem == path.parent.name)
    if not scenes:
        raise DataError(f'{scans} holds no <scene>/<scene>.sens; link the folder with the raw scans there')
    return scenes


def export_frames(jobs: Sequence[FrameJob], workers: int = 1) -> FrameReport:
    """Export the frames that are not there yet; faults of single recordings and frames are collected."""
    for folder in {job.folder.parent for job in jobs}:
        require_writable(folder)
    return sum(run_jobs(export_recording, jobs, workers, 'exporting frames'), FrameReport())


def export_recording(job: FrameJob) -> FrameReport:
    """Export one recording; of one that was cut off, the frames that are there."""
    report = FrameReport()
    scene = job.folder.name
    try:
        file = SensFile(job.source)
        _start_folder(job.folder, file)
    except UniSeg3DError as error:
        report.faults.append(Fault(scene, str(error)))
        return report
    for number in range(0, file.whole, job.every):
        try:
            _export_frame(job, file, number, report)
        except UniSeg3DError as error:
            report.faults.append(Fault(scene, str(error)))
    if file.fault:
        report.faults.append(Fault(scene, file.fault))
    return report


def _start_folder(folder: Path, file: SensFile) -> None:
    for part in ('color', 'depth', 'pose', 'intrinsic'):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for name in ('intrinsic_color', 'extrinsic_color', 'intrinsic_depth', 'extrinsic_depth'):
        kind, sensor = name.split('_')
        write_text(folder / 'intrinsic' / f'{name}.txt', matrix_text(getattr(file.header, f'{sensor}_{kind}')))


def _export_frame(job: FrameJob, file: SensFile, number: int, report: FrameReport) -> None:
    pose = job.folder / 'pose' / f'{number}.txt'
    if not (file.tracked(number) or job.keep_lost):
        report.lost += 1
    elif pose.exists():
        report.finished += 1
    else:
        color, depth = _color_file(file, number), encode_png(millimetres(file, number), PNG_LEVEL)
        (job.folder / 'color' / f'{number}.jpg').write_bytes(color)
        (job.folder / 'depth' / f'{number}.png').write_bytes(depth)
        write_text(pose, matrix_text(file.pose(number)))  # last: its presence says that the frame is finished
        report.exported += 1


def millimetres(file: SensFile, number: int) -> np.ndarray:
    """Depth of a frame [H, W] uint16 in millimetres; 0 = no measurement, also where 16 bits do not reach."""
    depth, shift = file.depth(number), file.header.depth_shift
    if shift == 1000:
        return depth
    scaled = np.rint(depth.astype(np.float64) * (1000 / shift))
    return np.where(scaled <= np.iinfo(np.uint16).max, scaled, 0).astype(np.uint16)


def _color_file(file: SensFile, number: int) -> bytes:
    """JPEG of a frame; one that is JPEG already is checked and kept as it is."""
    image = file.color(number)
    return file.color_bytes(number) if file.header.color_compression == 'jpeg' else encode_jpeg(image)
