"""ScanNet++ (v2 layout): meshes with segments, and groups of segments that people named freely.

::

    <root>/data/<scene>/scans/mesh_aligned_0.05.ply, segments.json, segments_anno.json
    <root>/metadata/semantic_benchmark/map_benchmark.csv    free names to those of the benchmark
    <root>/splits/nvs_sem_train.txt, nvs_sem_val.txt, sem_test.txt
"""

import csv
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from uniseg3d.datasets.preparation.create_data import CreatedData, Options
from uniseg3d.datasets.preparation.export_batch import read_scene_names
from uniseg3d.datasets.preparation.faults import Fault
from uniseg3d.datasets.preparation.labelled_scan import LabelledScan, ScanJob, create_splits
from uniseg3d.io.fields import Fields
from uniseg3d.io.ply import read_ply
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import DataError, FileFormatError
from uniseg3d.utils.files import read_json

CLASSES = 'scannetpp100.stuff_first'
SPLITS = {'train': 'nvs_sem_train.txt', 'val': 'nvs_sem_val.txt', 'test': 'sem_test.txt'}
MAP = 'metadata/semantic_benchmark/map_benchmark.csv'
Names = dict[str, tuple[str, str]]  # free name -> (name as a semantic class, name as an instance class)


def create_scannetpp(root: Path, out: Path, tag: str = 'scannetpp', options: Options | None = None) -> CreatedData:
    """Prepare the scenes of the benchmark's lists; of the test split only the mesh is read, and it may be missing."""
    read_names(root / MAP)  # first: without it no scene has labels
    splits = {split: read_scene_names(root / 'splits' / name) for split, name in SPLITS.items()}
    jobs = {split: [_job(root, out, name, split) for name in names] for split, names in splits.items()}
    there = {split: [job for job in members if mesh_path(job.folder).exists()] for split, members in jobs.items()}
    if not any(there.values()):
        raise DataError(f'{root / "data"} has none of the scenes of {root / "splits"}; download the data set there')
    made = create_splits('scannetpp', out, tag, there, (options or Options()).workers)
    gone = [job for split in ('train', 'val') for job in jobs[split] if job not in there[split]]
    made.faults[:0] = [Fault(job.scene_id, f'{mesh_path(job.folder)} is missing; download the scene again') for job in gone]
    return made


def _job(root: Path, out: Path, name: str, split: str) -> ScanJob:
    annotated = split != 'test'
    read = partial(read_scene, root / MAP) if annotated else read_mesh
    return ScanJob(name, root / 'data' / name, out, read, CLASSES, annotated)


def mesh_path(folder: Path) -> Path:
    """Mesh of a scene."""
    return folder / 'scans' / 'mesh_aligned_0.05.ply'


def read_mesh(folder: Path) -> LabelledScan:
    """Vertices without labels."""
    mesh = read_ply(mesh_path(folder))
    return LabelledScan(mesh.vertices, mesh.colors, faces=mesh.faces)


def read_scene(name_map: Path, folder: Path) -> LabelledScan:
    """Vertices with labels: where groups overlap, that with the fewest vertices counts; only things are instances."""
    scan = read_mesh(folder)
    ids, place, sizes = np.unique(
        read_segments(folder / 'scans' / 'segments.json', len(scan.xyz)), return_inverse=True, return_counts=True
    )
    groups = [(np.isin(ids, own), label) for own, label in read_groups(folder / 'scans' / 'segments_anno.json')]
    semantic, instance = _paint(groups, sizes, read_names(name_map))
    return LabelledScan(scan.xyz, scan.colors, semantic[place], instance[place], scan.faces)


def _paint(groups: Sequence[tuple[np.ndarray, str]], sizes: np.ndarray, names: Names) -> tuple[np.ndarray, np.ndarray]:
    """Raw class id and instance [segments] from groups of segments, given as masks; ``sizes``: vertices of each segment."""
    listed = class_list('scannetpp100')
    semantic = np.full(len(sizes), len(listed), dtype=np.int64)
    instance = np.zeros(len(sizes), dtype=np.int64)
    for number in sorted(range(len(groups)), key=lambda number: -int(sizes[groups[number][0]].sum())):  # the smallest last
        inside, label = groups[number]
        as_class, as_object = names.get(label, (label, label))  # 'None' where the benchmark leaves the name out
        if as_class in listed.names:
            semantic[inside] = listed.names.index(as_class)
            instance[inside] = number + 1 if as_object in listed.thing_names else 0
    return semantic, instance


@cache
def read_names(path: Path) -> Names:
    """What the benchmark calls each free name: columns class, semantic_map_to and instance_map_to; empty = as it is."""
    try:
        rows = list(csv.DictReader(path.read_text(encoding='utf-8-sig').splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f'cannot read {path} ({error}); copy it from the metadata of the data set') from error
    columns = ('semantic_map_to', 'instance_map_to')
    if not rows or not {'class', *columns} <= set(rows[0]):
        raise FileFormatError(f'{path}: the first line must name the columns class, {" and ".join(columns)}')
    return {row['class']: (row[columns[0]] or row['class'], row[columns[1]] or row['class']) for row in rows}


def read_segments(path: Path, count: int) -> np.ndarray:
    """Segment id of each of ``count`` vertices."""
    record = Fields(read_json(path, 'copy the file again'), str(path))
    segments = _integers(record, 'segIndices')
    if len(segments) != count:
        raise record.wrong('segIndices', f'one segment id per vertex ({count})', f'{len(segments)} ids')
    return segments


def read_groups(path: Path) -> list[tuple[np.ndarray, str]]:
    """Segment ids and free name of each annotated group."""
    records: Any = Fields(read_json(path, 'copy the file again'), str(path)).records('segGroups')
    return [(_integers(record, 'segments'), record.text('label')) for record in records]


def _integers(record: Fields, name: str) -> np.ndarray:
    values = np.asarray(record.sequence(name) or np.zeros(0, dtype=np.int64))
    if values.ndim != 1 or values.dtype.kind not in 'iu':
        raise record.wrong(name, 'a list of integers')
    return values
