"""A room's scan in the files of a ScanNet scan."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from uniseg3d.io.ply import PlyMesh, write_ply
from uniseg3d.rooms.scene import Frames, RoomScan
from uniseg3d.rooms.segments import SceneAnnotation
from uniseg3d.utils.files import write_text


def write_scan(folder: Path, name: str, scan: RoomScan, annotation: SceneAnnotation | None, frames: Frames) -> None:
    """Write mesh, segments, aggregation and info text of scene ``name``; the mesh is stored before axis alignment.

    Without an ``annotation`` there is neither that nor the alignment, as in ScanNet's test scans.
    """
    opaque = {'alpha': np.full(len(scan.vertices), 255, np.uint8)}  # ScanNet's meshes have it, so readers must expect it
    mesh = PlyMesh(to_scan_frame(scan, scan.vertices), scan.colors, scan.faces.astype(np.int64), opaque)
    write_ply(folder / f'{name}_vh_clean_2.ply', mesh)
    info = _info(frames)
    if annotation is not None:
        _write_json(folder / f'{name}_vh_clean_2.0.010000.segs.json', _segments(name, annotation))
        _write_json(folder / f'{name}.aggregation.json', _aggregation(name, annotation))
        info |= {'axisAlignment': _numbers(scan.axis_align_matrix)}
    write_text(folder / f'{name}.txt', ''.join(f'{key} = {value}\n' for key, value in sorted(info.items())))


def to_scan_frame(scan: RoomScan, points: np.ndarray) -> np.ndarray:
    """Points [N, 3] of the room's own frame in the frame of the files, float32."""
    undo = np.linalg.inv(scan.axis_align_matrix)
    return (points.astype(np.float64) @ undo[:3, :3].T + undo[:3, 3]).astype(np.float32)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    write_text(path, json.dumps(content, separators=(',', ':')))


def _segments(name: str, annotation: SceneAnnotation) -> dict[str, Any]:
    parameters = {'kThresh': '0.01', 'segMinVerts': '20'}
    return {'params': parameters, 'sceneId': name, 'segIndices': annotation.segments.tolist()}


def _aggregation(name: str, annotation: SceneAnnotation) -> dict[str, Any]:
    groups = [
        {'id': number, 'objectId': number, 'segments': thing.segments.tolist(), 'label': thing.label}
        for number, thing in enumerate(annotation.objects)
    ]
    return {
        'sceneId': f'scannet.{name}',
        'appId': 'uniseg3d.rooms',
        'segGroups': groups,
        'segmentsFile': f'scannet.{name}_vh_clean_2.0.010000.segs.json',
    }


def _info(frames: Frames) -> dict[str, Any]:
    height, width = frames.depth.shape[1:]
    values: dict[str, Any] = {'colorToDepthExtrinsics': _numbers(np.eye(4))}
    for sensor in ('color', 'depth'):
        values |= {f'{sensor}Height': height, f'{sensor}Width': width}
        values |= {f'f{axis}_{sensor}': f'{frames.intrinsic[row, row]:.6f}' for row, axis in enumerate('xy')}
        values |= {f'm{axis}_{sensor}': f'{frames.intrinsic[row, 2]:.6f}' for row, axis in enumerate('xy')}
    return values | {'numColorFrames': len(frames.depth), 'numDepthFrames': len(frames.depth), 'sceneType': 'Miscellaneous'}


def _numbers(matrix: np.ndarray) -> str:
    return ' '.join(f'{value:.6f}' for value in matrix.reshape(-1))
