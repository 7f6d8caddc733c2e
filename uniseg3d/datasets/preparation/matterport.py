"""Matterport3D by regions: meshes whose faces have a category.

::

    <root>/<building>/region_segmentations/region<k>.ply    faces with ``category_id``
    <root>/category_mapping.tsv                             index, nyu40id, ... of each category
    <root>/scenes_{train,val,test}.txt                      names of the buildings
"""

import csv
from functools import partial
from pathlib import Path

import numpy as np

from uniseg3d.datasets.preparation.create_data import CreatedData, Options
from uniseg3d.datasets.preparation.export_batch import read_scene_names
from uniseg3d.datasets.preparation.labelled_scan import LabelledScan, ScanJob, create_splits
from uniseg3d.io.ply import read_ply
from uniseg3d.io.ply_elements import ListColumn, parse_header, read_elements
from uniseg3d.io.raw_cloud import map_file
from uniseg3d.utils.errors import DataError, FileFormatError

CLASSES = 'matterport3d.k21'
MAPPING = 'category_mapping.tsv'
SPLITS = ('train', 'val', 'test')


def create_matterport(root: Path, out: Path, tag: str = 'matterport', options: Options | None = None) -> CreatedData:
    """Prepare the regions of all buildings that are listed; a vertex has the category of most of its faces."""
    nyu40 = read_categories(root / MAPPING)
    splits = {split: _regions(root, out, split, nyu40) for split in SPLITS if (root / f'scenes_{split}.txt').exists()}
    if not any(splits.values()):
        raise DataError(
            f'{root} holds no region_segmentations of buildings that scenes_{{train,val,test}}.txt list; unpack the region '
            'segmentations of Matterport3D there and copy its lists of buildings beside them'
        )
    return create_splits('matterport', out, tag, splits, (options or Options()).workers)


def _regions(root: Path, out: Path, split: str, nyu40: np.ndarray) -> list[ScanJob]:
    names = read_scene_names(root / f'scenes_{split}.txt')
    paths = [path for name in names for path in sorted((root / name / 'region_segmentations').glob('region*.ply'))]
    read = partial(read_region, nyu40=nyu40)
    return [ScanJob(f'{path.parents[1].name}_{path.stem}', path, out, read, CLASSES) for path in paths]


def read_categories(path: Path) -> np.ndarray:
    """nyu40 id of each category, 0 where it has none: [largest index + 1] int64."""
    if not path.exists():
        raise DataError(f'{path} does not exist; copy it from the metadata of Matterport3D')
    with open(path, encoding='utf-8', newline='') as file:
        rows = list(csv.DictReader(file, delimiter='\t'))
    try:
        pairs = [(int(row['index']), int(row['nyu40id'] or 0)) for row in rows]
    except (KeyError, TypeError, ValueError) as error:
        raise FileFormatError(f'{path}: expected columns index and nyu40id with whole numbers ({error})') from error
    table = np.zeros(max((index for index, _ in pairs), default=0) + 1, dtype=np.int64)
    for index, number in pairs:
        table[index] = number
    return table


def read_region(path: Path, nyu40: np.ndarray) -> LabelledScan:
    """Vertices of one region; those that no face touches, or most of whose faces have no category, are void."""
    mesh = read_ply(path)
    data = map_file(path)
    faces = read_elements(data, parse_header(data, str(path)), str(path)).get('face', {})
    corners, category = faces.get('vertex_indices', faces.get('vertex_index')), faces.get('category_id')
    if not isinstance(corners, ListColumn) or not isinstance(category, np.ndarray):
        raise FileFormatError(f'{path}: expected faces with vertex_indices and category_id, found {sorted(faces)}')
    known = (category >= 0) & (category < len(nyu40))
    label = np.where(known, nyu40[np.where(known, category, 0)], 0)  # [F]
    votes = np.repeat(label, corners.lengths)
    semantic = majority(corners.values, votes, len(mesh.vertices))
    return LabelledScan(mesh.vertices, mesh.colors, semantic, np.zeros(len(mesh.vertices), dtype=np.int64), mesh.faces)


def majority(vertex: np.ndarray, votes: np.ndarray, count: int) -> np.ndarray:
    """The most frequent of the ``votes`` [E] on each of ``count`` vertices, the smallest of equals, 0 without any: [count]."""
    width = int(votes.max(initial=0)) + 1
    cells, times = np.unique(vertex.astype(np.int64) * width + votes, return_counts=True)
    order = np.lexsort((cells % width, -times, cells // width))
    first = np.unique(cells[order] // width, return_index=True)[1]
    winners = np.zeros(count, dtype=np.int64)
    winners[cells[order][first] // width] = cells[order][first] % width
    return winners
