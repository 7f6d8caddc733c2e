"""nuScenes with lidarseg: the lidar sweep of every key frame is a scene.

::

    <root>/<version>/{sample,sample_data,calibrated_sensor,ego_pose,sensor,lidarseg,scene}.json
    <root>/samples/LIDAR_TOP/*.pcd.bin            rows x y z intensity ring, float32
    <root>/lidarseg/<version>/*_lidarseg.bin      a byte for each point
    <root>/splits/{train,val}.txt                 names of the scenes, as nuScenes defines its splits

Points and the cameras of ``<out>/frames/<scene>/{color,pose,intrinsic}`` are in the frame of the lidar.
"""

from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from uniseg3d.datasets.preparation.create_data import CreatedData, Options
from uniseg3d.datasets.preparation.export_batch import read_scene_names
from uniseg3d.datasets.preparation.labelled_scan import LabelledScan, ScanJob, create_splits
from uniseg3d.geometry.quaternion import quaternion_to_matrix
from uniseg3d.io.arrays import read_bin
from uniseg3d.io.scannet import matrix_text
from uniseg3d.text.class_lists import meta_path
from uniseg3d.utils.errors import DataError, FileFormatError
from uniseg3d.utils.files import read_json, write_bytes, write_text

CLASSES = 'nuscenes16'
NONE = 16  # the class of points that have none
VERSIONS = ('v1.0-trainval', 'v1.0-mini')
REMEDY = 'unpack the metadata of nuScenes again'
CAMERAS = ('CAM_BACK', 'CAM_BACK_LEFT', 'CAM_BACK_RIGHT', 'CAM_FRONT', 'CAM_FRONT_LEFT', 'CAM_FRONT_RIGHT')


@dataclass(frozen=True, eq=False)
class PlainScan(LabelledScan):
    """Every point is its own superpoint: sweeps are too thin for surfaces."""

    def superpoints(self) -> np.ndarray:
        """[N]."""
        return np.arange(len(self.xyz))


def create_nuscenes(root: Path, out: Path, tag: str = 'nuscenes', options: Options | None = None) -> CreatedData:
    """Prepare the key frames of all scenes that ``splits`` list, and their six photos."""
    version = next((name for name in VERSIONS if (root / name).is_dir()), None)
    if version is None:
        raise DataError(f'{root} holds none of {", ".join(VERSIONS)}; unpack the metadata of nuScenes there')
    tables = _Tables(root, version)
    splits = {split: _sweeps(tables, root, out, split) for split in ('train', 'val')}
    if not any(splits.values()):
        raise DataError(
            f'{root / "splits"} lists no scene of {version}; write the names of scenes there, train.txt and val.txt'
        )
    return create_splits('nuscenes', out, tag, splits, (options or Options()).workers)


class _Tables:
    """The metadata, by token."""

    def __init__(self, root: Path, version: str) -> None:
        self.root, self.folder = root, root / version
        self.poses, self.calibrations, self.sensors = (self._by_token(n) for n in ('ego_pose', 'calibrated_sensor', 'sensor'))
        self.scene_of = {sample['token']: sample['scene_token'] for sample in self._read('sample')}
        self.names = {scene['token']: scene['name'] for scene in self._read('scene')}
        self.labels = {row['sample_data_token']: row['filename'] for row in self._read('lidarseg')}
        self.frames: dict[str, dict[str, Any]] = {}  # sample -> channel -> its key frame
        for row in self._read('sample_data'):
            if row['is_key_frame']:
                channel = self.sensors[self.calibrations[row['calibrated_sensor_token']]['sensor_token']]['channel']
                self.frames.setdefault(row['sample_token'], {})[channel] = row

    def _read(self, name: str) -> list[dict[str, Any]]:
        rows = read_json(self.folder / f'{name}.json', REMEDY)
        if not isinstance(rows, list):
            raise FileFormatError(f'{self.folder / name}.json: expected a list; {REMEDY}')
        return rows

    def _by_token(self, name: str) -> dict[str, dict[str, Any]]:
        return {row['token']: row for row in self._read(name)}

    def to_world(self, row: dict[str, Any]) -> np.ndarray:
        """Sensor to world [4, 4] at the time of a frame."""
        return _matrix(self.poses[row['ego_pose_token']]) @ _matrix(self.calibrations[row['calibrated_sensor_token']])


def _matrix(record: dict[str, Any]) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3] = quaternion_to_matrix(torch.tensor(record['rotation'], dtype=torch.float64)).numpy()
    matrix[:3, 3] = record['translation']
    return matrix


def _sweeps(tables: _Tables, root: Path, out: Path, split: str) -> list[ScanJob]:
    path = root / 'splits' / f'{split}.txt'
    names = set(read_scene_names(path)) if path.exists() else set()
    jobs = []
    for sample, scene in tables.scene_of.items():
        frames = tables.frames.get(sample, {})
        if tables.names[scene] not in names or 'LIDAR_TOP' not in frames:
            continue
        lidar = frames['LIDAR_TOP']
        labels = tables.labels.get(lidar['token'])
        read = partial(read_sweep, labels=None if labels is None else root / labels)
        job = ScanJob(f'{tables.names[scene]}_{sample}', root / lidar['filename'], out, read, CLASSES, labels is not None)
        _write_photos(tables, frames, out / 'frames' / job.scene_id)
        jobs.append(job)
    return jobs


def _write_photos(tables: _Tables, frames: dict[str, Any], folder: Path) -> None:
    """Photos of a key frame with their cameras, seen from the lidar; each camera looks at a time of its own."""
    from_world = np.linalg.inv(tables.to_world(frames['LIDAR_TOP']))
    for number, channel in enumerate(CAMERAS):
        row = frames.get(channel)
        photo = folder / 'color' / f'{number}.jpg'
        if row is None or photo.exists():
            continue
        camera = np.eye(4)
        camera[:3, :3] = tables.calibrations[row['calibrated_sensor_token']]['camera_intrinsic']
        write_text(folder / 'intrinsic' / f'{number}.txt', matrix_text(camera))
        write_text(folder / 'pose' / f'{number}.txt', matrix_text(from_world @ tables.to_world(row)))
        source = tables.root / row['filename']
        if not source.exists():
            raise DataError(f'{source} does not exist; unpack the key frames of nuScenes again')
        write_bytes(photo, source.read_bytes())


def read_sweep(path: Path, labels: Path | None = None) -> LabelledScan:
    """Points of one sweep; classes of lidarseg that are none of the sixteen are void."""
    xyz = read_bin(path, np.float32, columns=5)[:, :3].astype(np.float64)
    if labels is None:
        return PlainScan(xyz, None)
    semantic = lidarseg_table()[read_bin(labels, np.uint8, count=len(xyz))]
    return PlainScan(xyz, None, semantic, np.zeros(len(xyz), dtype=np.int64))


@cache
def lidarseg_table() -> np.ndarray:
    """Class 0..15 of each of lidarseg's ids, 16 = none: [256] int64."""
    places = read_json(meta_path('class_lists.json'), 'install the package again')[CLASSES]['lidarseg32_to_16']
    table = np.full(256, NONE, dtype=np.int64)
    table[: len(places)] = [NONE if place < 0 else place for place in places]
    return table
