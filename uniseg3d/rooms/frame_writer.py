"""RGB-D frames in the forms that ScanNet has them in: exported with their label maps, and as a recording."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from uniseg3d.io.id_images import ids_to_colors
from uniseg3d.io.images import encode_jpeg, encode_png
from uniseg3d.io.scannet import matrix_text, read_label_map
from uniseg3d.io.sens import SensFrame, SensHeader, write_sens
from uniseg3d.rooms.scene import Frames, Room, RoomScan
from uniseg3d.rooms.segments import SceneAnnotation
from uniseg3d.text.class_lists import class_list, meta_path

LABEL_MAP = 'scannet/scannetv2-labels.combined.tsv'
_PNG_LEVEL = 1  # thrice as fast as the default and hardly larger for such maps


@dataclass
class _Tables:
    """Pixel values of every face, the last row for pixels without a face."""

    label: np.ndarray  # [F + 1] uint16 ScanNet label id
    instance: np.ndarray  # [F + 1] uint16 objectId + 1
    panoptic: np.ndarray  # [F + 1, 3] uint8


def write_frames(folder: Path, room: Room, scan: RoomScan, annotation: SceneAnnotation, frames: Frames) -> None:
    """Write colour, depth, poses, intrinsics and label maps; poses are in the frame of the written scan.

    Files are written plainly: ``folder`` is a temporary one that only gets its name when it is complete.
    """
    for name in ('color', 'depth', 'pose', 'intrinsic', 'label', 'instance', 'panoptic'):
        (folder / name).mkdir(parents=True, exist_ok=True)
    _write_intrinsics(folder / 'intrinsic', frames.intrinsic)
    tables = _tables(room, annotation)
    millimetres, poses = _millimetres(frames), _scan_poses(scan, frames)
    for i, face in enumerate(frames.face):
        (folder / f'color/{i}.jpg').write_bytes(encode_jpeg(frames.color[i]))
        (folder / f'depth/{i}.png').write_bytes(encode_png(millimetres[i], _PNG_LEVEL))
        (folder / f'pose/{i}.txt').write_text(matrix_text(poses[i]))
        for name in ('label', 'instance', 'panoptic'):
            (folder / f'{name}/{i}.png').write_bytes(encode_png(getattr(tables, name)[face], _PNG_LEVEL))


def write_recording(path: Path, scan: RoomScan, frames: Frames) -> None:
    """Write the same frames as a ``.sens`` file, in which ScanNet's raw scans have them."""
    camera = _camera(frames.intrinsic).astype(np.float32)
    size = frames.depth.shape[1:]
    parts = zip(_scan_poses(scan, frames), frames.color, _millimetres(frames), strict=True)
    write_sens(path, SensHeader(size, size, camera, camera), (SensFrame(*part) for part in parts))


def _millimetres(frames: Frames) -> np.ndarray:
    return np.rint(frames.depth * 1000).clip(0, 65535).astype(np.uint16)


def _scan_poses(scan: RoomScan, frames: Frames) -> np.ndarray:
    """Camera to the frame of the written scan [V, 4, 4]."""
    return np.linalg.inv(scan.axis_align_matrix) @ frames.camera_to_world


def _camera(intrinsic: np.ndarray) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3] = intrinsic
    return matrix


def panoptic_code(class20: np.ndarray, object_id: np.ndarray) -> np.ndarray:
    """``1000 * (class + 1) + objectId + 1``, 0 where the class is outside 0..19."""
    known = (class20 >= 0) & (class20 < 20) & (object_id >= 0)
    return np.where(known, 1000 * (class20 + 1) + object_id + 1, 0)


def _tables(room: Room, annotation: SceneAnnotation) -> _Tables:
    """An object that the scan hardly shows is annotated in no frame either, as labels are projected from the scan."""
    objects = annotation.objects
    ids = np.array([_label_ids()[thing.label] for thing in objects] + [0])
    classes = np.array([_class20()[thing.label] for thing in objects] + [-1])
    numbers = np.array([*range(len(objects)), -1])
    code = panoptic_code(classes, numbers)
    # row of the annotated object of each face: -1, the last row, where there is none
    of_face = np.append(annotation.file_ids(room)[room.face_object], -1)
    return _Tables(ids.astype(np.uint16)[of_face], (numbers + 1).astype(np.uint16)[of_face], ids_to_colors(code)[of_face])


def panoptic_maps(room: Room, face: np.ndarray) -> np.ndarray:
    """:func:`panoptic_code` of what ``face`` [V, H, W] shows, whether or not a scan would show it, too."""
    classes = np.array([-1 if thing.raw_category is None else _class20()[thing.raw_category] for thing in room.objects] + [-1])
    code = panoptic_code(classes, np.array([*range(len(room.objects)), -1]))
    return code[np.append(room.face_object, -1)[face]]


@cache
def _label_ids() -> dict[str, int]:
    return read_label_map(meta_path(LABEL_MAP), 'id')


@cache
def _class20() -> dict[str, int]:
    position = {raw: index for index, raw in enumerate(class_list('scannet20').raw_ids)}
    return {category: position.get(nyu40, -1) for category, nyu40 in read_label_map(meta_path(LABEL_MAP), 'nyu40id').items()}


def _write_intrinsics(folder: Path, intrinsic: np.ndarray) -> None:
    for sensor in ('color', 'depth'):
        (folder / f'intrinsic_{sensor}.txt').write_text(matrix_text(_camera(intrinsic)))
        (folder / f'extrinsic_{sensor}.txt').write_text(matrix_text(np.eye(4)))
