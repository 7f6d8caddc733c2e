"""One scene of the rooms data set: built, scanned, described and written."""

import io
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from uniseg3d.rooms.build import build_room
from uniseg3d.rooms.frame_writer import write_frames, write_recording
from uniseg3d.rooms.pseudo_masks import pseudo_masks
from uniseg3d.rooms.scan import scan_room
from uniseg3d.rooms.scannet_writer import write_scan
from uniseg3d.rooms.scene import Frames, Room, RoomScan
from uniseg3d.rooms.segments import SceneAnnotation, annotate
from uniseg3d.rooms.sentences import describe
from uniseg3d.rooms.vocabulary import fine_name
from uniseg3d.utils.errors import DataError
from uniseg3d.utils.files import write_bytes, write_text


@dataclass(frozen=True)
class SceneJob:
    """Everything that decides what a scene looks like, and where it goes."""

    out: Path
    name: str  # e.g. room0003_00
    split: str  # 'train' | 'val' | 'test': as val, but only what a benchmark shows of scans whose labels it keeps
    seed: int
    index: int  # position among all scenes
    recording: bool = False  # also write the frames as a .sens file beside the mesh

    @property
    def record(self) -> Path:
        """Statistics, sentences and file sizes of the scene; written last, so it tells that the scene is finished."""
        return self.out / 'records' / f'{self.name}.json'

    @property
    def finished(self) -> bool:
        """Whether all files are there that the record lists, each as long as it was written."""
        try:
            record = json.loads(self.record.read_text(encoding='utf-8'))
            sizes = record['files'] if 'names' in record else {}  # older records lack them
            wanted = not self.recording or any(name.endswith('.sens') for name in sizes)
            return wanted and bool(sizes) and all((self.out / name).stat().st_size == size for name, size in sizes.items())
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return False  # whatever is wrong with them, files and record are made anew

    @property
    def labelled(self) -> bool:
        """Whether anybody may know what is in the scene."""
        return self.split != 'test'

    @property
    def scans(self) -> str:
        """Folder of the scan below ``out``, called as ScanNet calls it."""
        return 'scans' if self.labelled else 'scans_test'

    @property
    def mask_file(self) -> Path:
        """Where the pseudo masks go."""
        return self.out / 'pseudo_masks' / f'{self.name}.npz'

    def file_sizes(self) -> dict[str, int]:
        """Bytes of every file of the scene except its record, by path below ``out``."""
        folders = [self.out / part / self.name for part in (self.scans, 'frames')]
        files = [path for folder in folders for path in folder.rglob('*') if path.is_file()]
        files += [self.mask_file] if self.labelled else []
        return {path.relative_to(self.out).as_posix(): path.stat().st_size for path in sorted(files)}


def make_scene(job: SceneJob) -> None:
    """Make the scene of ``job`` unless it is finished. Depends on nothing but the job."""
    if job.finished:
        return
    # one stream per step: a change in one step leaves the random numbers of the others alone
    rngs = [np.random.default_rng([job.seed, job.index, step]) for step in range(3)]
    room = build_room(job.name, job.seed, 'train' if job.split == 'train' else 'val')
    frames, scan = scan_room(room, rngs[0])
    annotation = annotate(room, scan)
    sentences = _sentences(room, scan, annotation, job.split, rngs[1]) if job.labelled else []
    try:
        _write_folders(job, room, scan, annotation, frames)
    except OSError as error:
        raise DataError(
            f'cannot write {error.filename or job.out}: {error.strerror}; choose a folder you may write to'
        ) from error
    if job.labelled:
        write_bytes(job.mask_file, _npz(pseudo_masks(room, scan, rngs[2])))
    statistics = {
        'split': job.split,
        'points': len(scan.vertices),
        'faces': len(scan.faces),
        'objects': len(annotation.objects),
        'sentences': len(sentences),
        'hole_share': round(scan.hole_share, 4),
    }
    names = _fine_names(room, annotation) if job.labelled else {}
    record = {'statistics': statistics, 'sentences': sentences, 'names': names, 'files': job.file_sizes()}
    write_text(job.record, json.dumps(record, separators=(',', ':')))


def _sentences(
    room: Room, scan: RoomScan, annotation: SceneAnnotation, split: str, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Sentences about annotated objects, with the object ids of the files."""
    numbers, counts = np.unique(scan.vertex_object, return_counts=True)
    visible = dict(zip(numbers.tolist(), counts.tolist(), strict=True))
    ids = annotation.file_ids(room)
    records = describe(room, visible, split, rng)
    kept = [record for record in records if ids[int(record['object_id'])] >= 0]
    return [record | {'object_id': str(ids[int(record['object_id'])])} for record in kept]


def _fine_names(room: Room, annotation: SceneAnnotation) -> dict[str, str]:
    """What each annotated thing of the 18 classes is called, by its object id in the files."""
    names = {number: fine_name(room.objects[thing.room_id]) for number, thing in enumerate(annotation.objects)}
    return {str(number): name for number, name in names.items() if name is not None}


def _write_folders(job: SceneJob, room: Room, scan: RoomScan, annotation: SceneAnnotation, frames: Frames) -> None:
    """Write into a temporary folder and give its parts their names when they are complete."""
    temporary = job.out / f'.tmp-{job.name}'
    shutil.rmtree(temporary, ignore_errors=True)  # left by a run that was killed
    try:
        write_scan(temporary / job.scans, job.name, scan, annotation if job.labelled else None, frames)
        if job.labelled:
            write_frames(temporary / 'frames', room, scan, annotation, frames)
        if job.recording:
            write_recording(temporary / job.scans / f'{job.name}.sens', scan, frames)
        for part in ('frames', job.scans) if job.labelled else (job.scans,):
            target = job.out / part / job.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(target, ignore_errors=True)
            os.replace(temporary / part, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _npz(masks: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, masks=masks)
    return buffer.getvalue()
