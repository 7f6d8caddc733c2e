"""COLMAP models as text: ``cameras.txt``, ``images.txt`` and ``points3D.txt`` in one folder.

The files have world-to-camera poses, quaternions (w, x, y, z) and pixel centres at halves; what is read and written here is
camera-to-world with pixel centres at whole numbers. Ids are kept: they have gaps and no order.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch

from uniseg3d.geometry.pose_encoding import decode_pose, encode_pose
from uniseg3d.geometry.se3 import check_poses, invert_pose
from uniseg3d.io.colmap_model import MODELS, ColmapCamera, ColmapModel, ColmapPoints, ColmapView
from uniseg3d.utils.errors import DataError, FileFormatError
from uniseg3d.utils.files import write_text

HALF_PIXEL = 0.5
LARGEST = 2**53  # up to here every whole number is one of the numbers a file can hold


def read_colmap(folder: str | Path) -> ColmapModel:
    """Read the text files of ``folder``; ``points3D.txt`` may be missing."""
    folder = Path(folder)
    cameras = dict(_read_camera(line) for line in _lines(folder / 'cameras.txt') if line.words)
    points = folder / 'points3D.txt'
    parts = _read_views(folder / 'images.txt'), _read_points(points) if points.exists() else _no_points()
    try:
        return ColmapModel(cameras, *parts)
    except DataError as error:  # files that are good each, and do not fit each other
        raise DataError(f'{folder}: {error}') from error


def write_colmap(folder: str | Path, model: ColmapModel) -> None:
    """Write the three text files into ``folder``."""
    folder = Path(folder)
    _write(folder / 'cameras.txt', 'CAMERA_ID MODEL WIDTH HEIGHT PARAMS', _camera_lines(model))
    _write(folder / 'images.txt', 'IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME / X Y POINT3D_ID ...', _view_lines(model))
    _write(folder / 'points3D.txt', 'POINT3D_ID X Y Z R G B ERROR (IMAGE_ID POINT2D_IDX) ...', _point_lines(model.points))


class _Line:
    """One line of a file and where it stands."""

    def __init__(self, path: Path, number: int, text: str) -> None:
        self.where, self.text, self.words = f'{path}, line {number}', text, text.split()

    def numbers(self, start: int, stop: int | None, expected: str) -> list[float]:
        """Words ``start`` to ``stop`` as numbers; there must be so many."""
        words = self.words[start:stop]
        try:
            values = [float(word) for word in words]
        except ValueError:
            raise self.wrong(expected) from None
        too_few = stop is not None and len(values) != stop - start
        if too_few or not all(abs(value) <= LARGEST for value in values):  # NaN is not, either
            raise self.wrong(expected)
        return values

    def wrong(self, expected: str) -> FileFormatError:
        return FileFormatError(f'{self.where}: expected {expected}, got {self.text[:80]!r}')


def _lines(path: Path) -> Iterator[_Line]:
    """Lines of a file but its comments; blank ones are kept, for they may stand for an image without features."""
    try:
        lines = path.read_text(encoding='utf-8').splitlines()
    except OSError as error:
        raise DataError(f'cannot read {path}: {error.strerror}; expected a COLMAP model in text form there') from error
    except UnicodeDecodeError:
        raise FileFormatError(f'{path} is no text; convert the model with "colmap model_converter --output_type TXT"') from None
    return (_Line(path, number, text) for number, text in enumerate(lines, 1) if not text.startswith('#'))


def _read_camera(line: _Line) -> tuple[int, ColmapCamera]:
    model = line.words[1] if len(line.words) > 1 else ''
    if model not in MODELS:
        raise line.wrong(f'"id model width height parameters" with a model of {", ".join(MODELS)}')
    count, focals = MODELS[model]
    expected = f'4 words and {count} parameters of {model}, all finite, focal lengths positive'
    number, width, height = (int(line.numbers(i, i + 1, expected)[0]) for i in (0, 2, 3))
    values = line.numbers(4, None, expected)
    if len(values) != count or min(values[:focals]) <= 0:
        raise line.wrong(expected)
    across, down = (value - HALF_PIXEL for value in values[focals : focals + 2])
    intrinsics = np.array([[values[0], 0, across], [0, values[focals - 1], down], [0, 0, 1]])
    return number, ColmapCamera(model, width, height, intrinsics, tuple(values[focals + 2 :]))


def _read_views(path: Path) -> dict[int, ColmapView]:
    expected = '"id qw qx qy qz tx ty tz camera name"'
    heads, features, lines = [], [], _lines(path)
    for line in lines:
        if not line.words:
            continue
        if len(line.words) < 10:
            raise line.wrong(expected)
        heads.append((line, line.numbers(0, 9, expected)))
        features.append(_read_features(next(lines, None)))
    if not heads:
        raise FileFormatError(f'{path} holds no image')
    table = torch.tensor([values for _, values in heads], dtype=torch.float64)  # [V, 9]
    if not (table[:, 1:5].norm(dim=-1) > 0.5).all():
        raise FileFormatError(f'{path}: a rotation is not a unit quaternion')
    poses = invert_pose(check_poses(decode_pose(table[:, [5, 6, 7, 1, 2, 3, 4]]), str(path))).numpy()
    return {
        int(values[0]): ColmapView(line.text.split(maxsplit=9)[9].rstrip(), int(values[8]), pose, *found)
        for (line, values), pose, found in zip(heads, poses, features, strict=True)
    }


def _read_features(line: _Line | None) -> tuple[np.ndarray, np.ndarray]:
    """Pixels [K, 2] and point ids [K] of the line below an image's."""
    values = [] if line is None else line.numbers(0, None, 'triples "x y point"')
    if line is not None and len(values) % 3:
        raise line.wrong('triples "x y point"')
    triples = np.array(values).reshape(-1, 3)
    return triples[:, :2] - HALF_PIXEL, triples[:, 2].astype(np.int64)


def _read_points(path: Path) -> ColmapPoints:
    rows, tracks = [], []
    for line in _lines(path):
        if line.words:
            expected = '"id x y z r g b error", colours 0..255, and pairs "image feature"'
            rows.append(line.numbers(0, 8, expected))
            tracks.append(line.numbers(8, None, expected))
            if len(tracks[-1]) % 2 or not 0 <= min(rows[-1][4:7]) <= max(rows[-1][4:7]) <= 255:
                raise line.wrong(expected)
    if not rows:
        return _no_points()
    table = np.array(rows)
    owner = np.repeat(np.arange(len(rows)), [len(track) // 2 for track in tracks])
    features = np.array([value for track in tracks for value in track], dtype=np.int64).reshape(-1, 2)
    rgb = table[:, 4:7].astype(np.uint8)
    return ColmapPoints(table[:, 0].astype(np.int64), table[:, 1:4], rgb, table[:, 7], owner, features)


def _no_points() -> ColmapPoints:
    return ColmapPoints.of(np.zeros((0, 3)), np.zeros((0, 3), np.uint8))


def _write(path: Path, columns: str, lines: Iterable[str]) -> None:
    write_text(path, f'# {columns}\n' + ''.join(f'{line}\n' for line in lines))


def _camera_lines(model: ColmapModel) -> Iterator[str]:
    for number, camera in model.cameras.items():
        focals = np.diag(camera.intrinsics)[: MODELS[camera.model][1]]
        parameters = [*focals, *(camera.intrinsics[:2, 2] + HALF_PIXEL), *camera.distortion]
        yield f'{number} {camera.model} {camera.width} {camera.height} {_text(parameters)}'


def _view_lines(model: ColmapModel) -> Iterator[str]:
    for number, view in model.views.items():
        pose = check_poses(torch.from_numpy(view.camera_to_world).double(), view.name)
        translation, quaternion = np.split(encode_pose(invert_pose(pose)).numpy(), [3])
        yield f'{number} {_text(quaternion)} {_text(translation)} {view.camera} {view.name}'
        features = zip(view.pixels + HALF_PIXEL, view.points.tolist(), strict=True)
        yield ' '.join(f'{_text(pixel)} {point}' for pixel, point in features)


def _point_lines(points: ColmapPoints) -> Iterator[str]:
    order = np.argsort(points.track_point, kind='stable')
    ends = np.searchsorted(points.track_point[order], np.arange(1, len(points)))
    tracks = np.split(points.track_feature[order], ends) if len(points) else []
    columns = (points.ids.tolist(), points.xyz, points.rgb.tolist(), points.error.tolist(), tracks)
    for number, xyz, rgb, error, track in zip(*columns, strict=True):
        features = ''.join(f' {value}' for value in track.ravel().tolist())
        yield f'{number} {_text(xyz)} {rgb[0]} {rgb[1]} {rgb[2]} {error:.9g}{features}'


def _text(values: Iterable[float]) -> str:
    return ' '.join(f'{value:.12g}' for value in values)
