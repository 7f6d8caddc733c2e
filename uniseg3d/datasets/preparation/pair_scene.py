"""One scan of ScanNet as SIU3R takes it: square frames with one camera, coded labels, and how far any two overlap.

``color/<i>.jpg``, ``depth/<i>.png`` (millimetres), ``extrinsic/<i>.txt`` (camera to world), ``panoptic``, ``instance`` and
``semantic`` (1000 * class + object, of all classes, of things and of no object; classes from 1, red is the lowest byte),
``intrinsic.txt``, ``iou.pt`` and ``iou.png``. Frames are numbered anew from 0 on.
"""

import json
import os
import shutil
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import torch

from uniseg3d.datasets.preparation.view_pairs import covered_cells, overlaps
from uniseg3d.geometry.middle_square import middle_square
from uniseg3d.io.frames import frame_names, read_matrix
from uniseg3d.io.id_images import write_ids
from uniseg3d.io.images import read_color, read_map, write_jpeg, write_png
from uniseg3d.io.scannet import matrix_text, read_label_map
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import DataError
from uniseg3d.utils.files import write_text

CODE = 1000
SUMMARY = 'objects.json'  # of a finished scene: which objects each frame shows, and their classes
OVERLAP_STEP = 4  # every so many pixels take part
LARGEST_OBJECT = 255
LABELS = ('label', 'instance')
MILLIMETRES = 1000


@dataclass(frozen=True)
class PairSceneJob:
    """A scan to prepare."""

    frames: Path  # exported frames of the scan; label maps beside them, or in ``archives``
    archives: Path  # folder with the scan's <scene>_2d-*.zip
    out: Path
    label_map: Path  # scannetv2-labels.combined.tsv
    size: int = 256
    every: int = 1


@dataclass
class SceneSummary:
    """What of a scene lists of pairs and sentences need."""

    frames: dict[str, list[int]] = field(default_factory=dict)  # objects that each frame shows
    classes: dict[int, int] = field(default_factory=dict)  # from 1, of each object

    @classmethod
    def read(cls, folder: Path) -> 'SceneSummary':
        """Of a finished scene."""
        stored = json.loads((folder / SUMMARY).read_text(encoding='utf-8'))
        return cls(stored['frames'], {int(number): label for number, label in stored['classes'].items()})


def make_pair_scene(job: PairSceneJob) -> None:
    """Prepare one scan, whole or not at all."""
    job.out.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(dir=job.out.parent, prefix=f'.tmp-{job.out.name}-'))
    try:
        _write_scene(job, part)
        part.chmod(0o755)
        if job.out.exists():
            shutil.rmtree(job.out)
        os.replace(part, job.out)
    finally:
        shutil.rmtree(part, ignore_errors=True)


@dataclass(frozen=True)
class _View:
    color: np.ndarray  # [S, S, 3] uint8
    depth: np.ndarray  # [S, S] uint16
    semantic: np.ndarray  # [S, S] int64 class from 1, 0 = none
    instance: np.ndarray  # [S, S] int64 object from 1, 0 = none
    pose: np.ndarray  # [4, 4]


def _write_scene(job: PairSceneJob, folder: Path) -> None:
    camera = _camera(job)
    depths, poses, shown = [], [], dict[str, list[int]]()
    votes = Counter[tuple[int, int]]()
    for number, view in enumerate(_views(job, camera)):
        _write_view(folder, number, view)
        depths.append(view.depth[::OVERLAP_STEP, ::OVERLAP_STEP] / MILLIMETRES)
        poses.append(view.pose)
        pairs, counts = np.unique(np.stack([view.instance, view.semantic], -1).reshape(-1, 2), axis=0, return_counts=True)
        named = pairs.min(1) > 0
        votes.update({(int(i), int(c)): int(n) for (i, c), n in zip(pairs[named], counts[named], strict=True)})
        shown[str(number)] = sorted(set(pairs[named, 0].tolist()))
    if len(poses) < 2:
        raise DataError(f'{job.frames}: {len(poses)} frames have a pose and labels; a scene needs two')
    classes = {number: label for (number, label), _ in reversed(votes.most_common())}  # the most frequent is set last
    _write_overlaps(folder, np.stack(depths), camera, np.stack(poses))
    write_text(folder / 'intrinsic.txt', matrix_text(_four(camera)))
    write_text(folder / SUMMARY, json.dumps({'frames': shown, 'classes': classes}))


def _camera(job: PairSceneJob) -> np.ndarray:
    """Of the squares [3, 3], pixel centres at whole numbers."""
    first = frame_names(job.frames)[0]
    transform = middle_square(_color(job.frames, first), job.size).transform
    return transform @ read_matrix(job.frames / 'intrinsic' / 'intrinsic_color.txt')[:3, :3]


def _views(job: PairSceneJob, camera: np.ndarray) -> Iterator[_View]:
    """Frames whose pose is known and that show something of a known class."""
    color_camera, depth_camera = (
        read_matrix(job.frames / 'intrinsic' / f'intrinsic_{sensor}.txt')[:3, :3] for sensor in ('color', 'depth')
    )
    maps = _LabelMaps(job)
    places = class_places(job.label_map)
    for name in frame_names(job.frames)[:: job.every]:
        pose = read_matrix(job.frames / 'pose' / f'{name}.txt')
        if not np.isfinite(pose).all():
            continue
        label, instance = (_looked_up(maps.read(kind, name), color_camera, camera, job.size) for kind in LABELS)
        semantic = places[label.clip(max=len(places) - 1)]
        if not semantic.any():
            continue
        if instance.max() > LARGEST_OBJECT:
            raise DataError(f'{job.frames}: frame {name} shows object {instance.max()}; the loaders know {LARGEST_OBJECT}')
        color = middle_square(_color(job.frames, name), job.size).image
        depth = _looked_up(read_map(job.frames / 'depth' / f'{name}.png'), depth_camera, camera, job.size)
        yield _View(color, depth.astype(np.uint16), semantic, np.where(semantic > 0, instance, 0), pose)


def _looked_up(values: np.ndarray, own: np.ndarray, camera: np.ndarray, size: int) -> np.ndarray:
    """``values`` [H, W] of a sensor with the camera ``own`` as one with ``camera`` sees them, 0 outside: [size, size] int64."""
    away = own @ np.linalg.inv(camera)  # both look the same way, so that pixels go to pixels
    columns, rows = (np.rint(np.arange(size) * away[axis, axis] + away[axis, 2]).astype(int) for axis in (0, 1))
    inside = ((rows >= 0) & (rows < values.shape[0]))[:, None] & (columns >= 0) & (columns < values.shape[1])
    found = values[rows.clip(0, values.shape[0] - 1)[:, None], columns.clip(0, values.shape[1] - 1)]
    return np.where(inside, found, 0).astype(np.int64)


def _write_view(folder: Path, number: int, view: _View) -> None:
    write_jpeg(folder / 'color' / f'{number}.jpg', view.color, 95)
    write_png(folder / 'depth' / f'{number}.png', view.depth)
    write_text(folder / 'extrinsic' / f'{number}.txt', matrix_text(view.pose))
    things = np.array([0, *(place not in class_list('scannet20').stuff for place in range(20))], bool)[view.semantic]
    codes = CODE * view.semantic + view.instance
    write_ids(folder / 'panoptic' / f'{number}.png', np.where(view.instance > 0, codes, 0))
    write_ids(folder / 'instance' / f'{number}.png', np.where(things & (view.instance > 0), codes, 0))
    write_ids(folder / 'semantic' / f'{number}.png', CODE * view.semantic)


def _write_overlaps(folder: Path, depth: np.ndarray, camera: np.ndarray, poses: np.ndarray) -> None:
    small = np.diag([1 / OVERLAP_STEP, 1 / OVERLAP_STEP, 1]) @ camera
    table = overlaps(covered_cells(depth, np.broadcast_to(small, (len(poses), 3, 3)), poses))
    torch.save(torch.from_numpy(table), folder / 'iou.pt')
    write_png(folder / 'iou.png', np.rint(table * 255).astype(np.uint8))


def _color(folder: Path, name: str) -> np.ndarray:
    path = folder / 'color' / f'{name}.jpg'
    return read_color(path if path.exists() else path.with_suffix('.png'))


def _four(camera: np.ndarray) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3] = camera
    return matrix


@cache
def class_places(label_map: Path) -> np.ndarray:
    """Class from 1 of every ScanNet label id, 0 = none of the 20: [ids]."""
    ids, nyu40 = read_label_map(label_map, 'id'), read_label_map(label_map, 'nyu40id')
    place = {raw: number for number, raw in enumerate(class_list('scannet20').raw_ids, 1)}
    table = np.zeros(max(ids.values()) + 2, np.int64)  # the last for ids beyond
    for category, number in ids.items():
        table[number] = place.get(nyu40[category], 0)
    return table


class _LabelMaps:
    """Label and object of every pixel, from folders beside the frames or from the archives of a scan."""

    def __init__(self, job: PairSceneJob) -> None:
        self.frames, self.archives = job.frames, job.archives

    def read(self, kind: str, name: str) -> np.ndarray:
        """ScanNet label ids, or objectId + 1: [H, W]."""
        for folder in (f'{kind}-filt', kind):
            path = self.frames / folder / f'{name}.png'
            if path.exists():
                return read_map(path)
        for variant in ('-filt', ''):
            path = self.archives / f'{self.archives.name}_2d-{kind}{variant}.zip'
            if path.exists():
                return self._unpacked(path, f'{kind}{variant}/{name}.png')
        raise DataError(
            f'{self.frames} has neither {kind}-filt/{name}.png nor {kind}/{name}.png, and {self.archives} no '
            f'{self.archives.name}_2d-{kind}-filt.zip; download the 2D labels of the scan'
        )

    @staticmethod
    def _unpacked(path: Path, member: str) -> np.ndarray:
        try:
            with zipfile.ZipFile(path) as archive, tempfile.NamedTemporaryFile(suffix='.png') as picture:
                picture.write(archive.read(member))
                picture.flush()
                return read_map(picture.name)
        except (KeyError, OSError, zipfile.BadZipFile) as error:
            raise DataError(f'{path} has no readable {member} ({error}); download it again') from error
