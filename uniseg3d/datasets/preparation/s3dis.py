"""S3DIS (Stanford3dDataset_v1.2, aligned or not): rooms of six areas, one text file of points for each object.

::

    <root>/Area_<1..6>/<room>/Annotations/<class>_<number>.txt    rows x y z r g b: metres, 0..255
    <root>/Area_<k>/Area_<k>_alignmentAngle.txt                   of the release that is not aligned: room and degrees
"""

import re
from pathlib import Path

import numpy as np

from uniseg3d.datasets.preparation.create_data import CreatedData, Options
from uniseg3d.datasets.preparation.labelled_scan import LabelledScan, ScanJob, create_splits
from uniseg3d.io.text_cloud import read_text_cloud
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import DataError

CLASSES = 's3dis13'
TEST_AREA = 5  # of the usual single split; the six folds are written, too
AREAS = range(1, 7)
SPARE_COPY = re.compile(r'\(\d+\)$')  # 'wall_3 (1).txt' of one room holds the points of 'wall_3.txt' again


def create_s3dis(root: Path, out: Path, tag: str = 's3dis', options: Options | None = None) -> CreatedData:
    """Prepare all rooms that are there: Area 5 is for tests, and ``folds/`` holds the splits of the six-fold protocol."""
    rooms = {area: _rooms(root, out, area) for area in AREAS}
    if not any(rooms.values()):
        raise DataError(f'{root} holds no room Area_<k>/<room>/Annotations/; unpack Stanford3dDataset_v1.2 there')
    splits = {'train': _others(rooms, TEST_AREA), 'val': rooms[TEST_AREA]}
    for area in AREAS:
        splits |= {f'folds/area{area}_train': _others(rooms, area), f'folds/area{area}_val': rooms[area]}
    return create_splits('s3dis', out, tag, splits, (options or Options()).workers)


def _others(rooms: dict[int, list[ScanJob]], area: int) -> list[ScanJob]:
    return [job for other, jobs in rooms.items() if other != area for job in jobs]


def _rooms(root: Path, out: Path, area: int) -> list[ScanJob]:
    folders = sorted(path.parent for path in (root / f'Area_{area}').glob('*/Annotations'))
    return [ScanJob(f'Area_{area}_{folder.name}', folder, out, read_room, CLASSES) for folder in folders]


def read_room(folder: Path) -> LabelledScan:
    """Points of a room, object after object in the order of the file names; names outside the list are clutter."""
    files = [path for path in sorted((folder / 'Annotations').glob('*.txt')) if not SPARE_COPY.search(path.stem)]
    if not files:
        raise DataError(f'{folder / "Annotations"} holds no .txt file; unpack the room again')
    clouds = [read_text_cloud(path) for path in files]
    names = class_list(CLASSES).names
    words = [path.stem.partition('_')[0] for path in files]
    classes = [names.index(word if word in names else 'clutter') for word in words]
    counts = [len(cloud) for cloud in clouds]
    colors = [np.full((len(cloud), 3), 128, np.uint8) if cloud.colors is None else cloud.colors for cloud in clouds]
    return LabelledScan(
        xyz=_aligned(np.concatenate([cloud.xyz for cloud in clouds]), folder),
        colors=np.concatenate(colors),
        semantic=np.repeat(classes, counts),
        instance=np.repeat(np.arange(1, len(files) + 1), counts),
    )


def _aligned(xyz: np.ndarray, folder: Path) -> np.ndarray:
    """Points with walls along the axes: turned about the middle of the room where its area states an angle."""
    path = folder.parent / f'{folder.parent.name}_alignmentAngle.txt'
    lines = path.read_text(encoding='latin-1').splitlines() if path.exists() else []
    degrees = dict(line.split()[:2] for line in lines if len(line.split()) >= 2 and not line.startswith('#'))
    if folder.name not in degrees:
        return xyz
    angle = (2 - _number(degrees[folder.name], path) / 180) * np.pi
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])  # for rows: x y times this
    middle = (xyz[:, :2].min(0) + xyz[:, :2].max(0)) / 2
    return np.concatenate([(xyz[:, :2] - middle) @ turn + middle, xyz[:, 2:]], axis=1)


def _number(word: str, path: Path) -> float:
    try:
        return float(word)
    except ValueError as error:
        raise DataError(f'{path}: expected "<room> <degrees>" on each line, got the angle {word!r}; copy it again') from error
