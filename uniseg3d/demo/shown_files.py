"""What lies in files, ready to be looked at, without a model: scans, folders of results, reconstructions, gaussians."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from uniseg3d.apis.cloud_files import find_clouds
from uniseg3d.apis.own_cloud import CloudOptions, open_cloud
from uniseg3d.apis.panoptic_files import Segment
from uniseg3d.apis.reconstruction import CV_TO_Z_UP
from uniseg3d.demo.layer import MOST_NAMED, RGB, Entry, Layer, heat_layer, rgb_layer
from uniseg3d.demo.shown import Shown, ShownCamera
from uniseg3d.demo.shown_gaussians import shown_gaussians
from uniseg3d.demo.shown_photos import panoptic_layers
from uniseg3d.io.colmap import read_colmap
from uniseg3d.io.gaussians import read_gaussians
from uniseg3d.io.ply import PlyMesh, read_ply
from uniseg3d.utils.errors import DataError
from uniseg3d.utils.files import read_json

SUMMARY, REPORT, SEGMENTS = 'summary.json', 'report.json', 'segments.json'
HEAT = 'heat_'  # and a number: how well points fit a text
TASKS = ('semantic', 'panoptic', 'instances', 'named', 'clicks', 'texts')
AS_FOUND = CloudOptions()
PLAIN_TEXT = ('.txt', '.xyz', '.csv')  # beside a mesh they are notes about it
SCANNET_MESH = '_vh_clean_2'
GAUSSIAN_COLUMNS = ('f_dc_0', 'opacity', 'scale_0', 'rot_0')


def read_shown(path: str | Path, options: CloudOptions = AS_FOUND) -> Shown:
    """Whatever ``path`` is: a scan, the folder of one, results of ``infer`` or ``reconstruct``, or a file of gaussians."""
    path = Path(path)
    if path.is_dir():
        if (path / SUMMARY).is_file():
            return _results(path)
        if (path / REPORT).is_file() and (path / 'points.ply').is_file():
            return _reconstruction(path)
    scan = scan_file(path)
    return _gaussians(scan) if holds_gaussians(scan) else _scan(scan, options)


def scan_file(path: Path) -> Path:
    """The one cloud that a file or folder means."""
    found = find_clouds([path])
    found = [file for file in found if file.suffix.lower() not in PLAIN_TEXT] or found
    found = [file for file in found if file.stem.endswith(SCANNET_MESH)] or found
    if len(found) > 1:
        names = ', '.join(file.name for file in found[:5])
        raise DataError(f'{path} holds {len(found)} clouds ({names}{", ..." if len(found) > 5 else ""}); name one of them')
    return found[0]


def holds_gaussians(path: Path) -> bool:
    """Whether a .ply describes gaussians rather than points."""
    if path.suffix.lower() != '.ply':
        return False
    try:
        with open(path, 'rb') as file:
            header = file.read(1 << 16).partition(b'end_header')[0].decode('latin-1').split()
    except OSError as error:
        raise DataError(f'cannot read {path}: {error.strerror}') from error
    return all(name in header for name in GAUSSIAN_COLUMNS)


def _scan(path: Path, options: CloudOptions) -> Shown:
    cloud = open_cloud(path, options)
    return Shown(cloud.name, 'scan', cloud.xyz, {RGB: rgb_layer(cloud.color)}, notes=cloud.notes)


def _results(folder: Path) -> Shown:
    """Folder of :class:`ResultWriter`: one coloured cloud for each task, all of the same points."""
    summary = read_json(folder / SUMMARY, 'run uniseg3d infer again')
    layers: dict[str, Layer] = {}
    xyz = None
    for name in (RGB, *TASKS, *(f'{HEAT}{number}' for number in range(len(summary.get('heat', ()))))):
        path = folder / f'{name}.ply'
        if path.is_file():
            mesh = read_ply(path)
            if xyz is not None and len(mesh.vertices) != len(xyz):
                raise _of_another_run(path)
            xyz = mesh.vertices
            title, layer = _result_layer(path, name, mesh, summary, layers)
            layers[title] = layer
    if xyz is None:
        raise DataError(f'{folder} holds no clouds; run uniseg3d infer without --no-clouds')
    up = np.asarray(summary.get('file_to_metres_z_up', np.eye(4)), np.float64)
    points = (xyz.astype(np.float64) @ up[:3, :3].T + up[:3, 3]).astype(np.float32)
    return Shown(str(summary.get('scene', folder.name)), 'results', points, layers, notes=list(summary.get('notes', ())))


def _result_layer(path: Path, name: str, mesh: PlyMesh, summary: dict[str, Any], others: dict[str, Layer]) -> tuple[str, Layer]:
    """What a cloud is called, and what it shows."""
    if mesh.colors is None:
        raise _of_another_run(path)
    if name == RGB:
        return RGB, rgb_layer(mesh.colors)
    values = mesh.extra.get('fit' if name.startswith(HEAT) else 'label')
    if values is None:
        raise _of_another_run(path)
    if name.startswith(HEAT):
        text = str(summary['heat'][int(name.removeprefix(HEAT))])
        return f'“{text}”', heat_layer(others[RGB].colors if RGB in others else mesh.colors, values, text)
    return name, _label_layer(name, mesh.colors, values.astype(np.int32), summary)


def _of_another_run(path: Path) -> DataError:
    return DataError(f'{path} was not written with {SUMMARY}; run the command that wrote it again')


def _label_layer(task: str, colors: np.ndarray, values: np.ndarray, summary: dict[str, Any]) -> Layer:
    """The colours of the file; the legend takes each label's from one of its points."""
    names = _label_names(task, summary)
    present, first = np.unique(values, return_index=True)
    shades = colors[first].tolist()
    entries = [
        Entry(names.get(label, f'{task} {label}'), (red, green, blue), label)
        for label, (red, green, blue) in zip(present.tolist(), shades, strict=True)
        if label >= 0
    ]
    return Layer(colors, values, tuple(entries[:MOST_NAMED]), free=None if task in ('semantic', 'panoptic') else 0)


def _label_names(task: str, summary: dict[str, Any]) -> dict[int, str]:
    if task == 'semantic':
        return dict(enumerate(summary.get('classes', ())))
    found = summary.get(task, ()) if isinstance(summary.get(task), list) else ()
    return {row: _entry_name(entry) for row, entry in enumerate(found)}


def _entry_name(entry: dict[str, Any]) -> str:
    asked = entry.get('asked')
    name = asked if isinstance(asked, str) else entry.get('class') or 'object'
    return f'{name} {entry.get("score", 0):.2f}'


def _reconstruction(folder: Path) -> Shown:
    """Folder of :func:`write_reconstruction`, turned from the first camera's axes to z up."""
    mesh = read_ply(folder / 'points.ply')
    colors = np.full(mesh.vertices.shape, 128, np.uint8) if mesh.colors is None else mesh.colors
    turn = CV_TO_Z_UP
    cameras = list(_cameras(folder / 'colmap', turn)) if (folder / 'colmap').is_dir() else []
    xyz, layers = (mesh.vertices @ turn.T).astype(np.float32), {RGB: rgb_layer(colors)}
    if (folder / SEGMENTS).is_file():
        layers |= _segments(folder, colors)
    return Shown(folder.name, 'reconstruction', xyz, layers, to_z_up=turn, cameras=cameras)


def _segments(folder: Path, colors: np.ndarray) -> dict[str, Layer]:
    """Things that were told apart, as :func:`write_panoptic` wrote them."""
    described = read_json(folder / SEGMENTS, 'run uniseg3d reconstruct again')
    of_points = read_ply(folder / 'panoptic.ply').extra.get('segment')
    if of_points is None or len(of_points) != len(colors):
        raise DataError(f'{folder / "panoptic.ply"} was not written with {SEGMENTS}; run uniseg3d reconstruct again')
    segments = [Segment(**one) for one in described['segments']]
    return panoptic_layers(colors, of_points, segments, described['classes'])


def _cameras(folder: Path, turn: np.ndarray) -> Iterator[ShownCamera]:
    model = read_colmap(folder)
    for view in model.views.values():
        camera, pose = model.cameras[view.camera], view.camera_to_world.copy()
        pose[:3] = turn @ pose[:3]
        yield ShownCamera.of(view.name, pose, camera.intrinsics, (camera.height, camera.width))


def _gaussians(path: Path) -> Shown:
    file = read_gaussians(path)
    return shown_gaussians(file.gaussians, path.stem, file.remarks)
