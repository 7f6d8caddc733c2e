"""Matterport3D by regions: meshes whose faces have a category.

::

    <root>/<building>/region_segmentations/region<k>.ply    faces with ``category_id``
    <root>/category_mapping.tsv                             index, nyu40id, nyuClass, ... of each category
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
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import DataError, FileFormatError

CLASSES = 'matterport3d.k21'
FINE_CLASSES = 'matterport3d.k160'  # k40 and k80 are its first classes
FINE_FOLDER = 'semantic_mask_160'  # positions in that list, beside the nyu40 ids that ``semantic_mask`` holds
MAPPING = 'category_mapping.tsv'
SPLITS = ('train', 'val', 'test')


def create_matterport(root: Path, out: Path, tag: str = 'matterport', options: Options | None = None) -> CreatedData:
    """Prepare the regions of all buildings that are listed; a vertex has the category of most of its faces.

    Labels are written twice, for the 21 classes and for the 40, 80 or 160 most frequent names.
    """
    categories = read_categories(root / MAPPING)
    splits = {split: _regions(root, out, split, categories) for split in SPLITS if (root / f'scenes_{split}.txt').exists()}
    if not any(splits.values()):
        raise DataError(
            f'{root} holds no region_segmentations of buildings that scenes_{{train,val,test}}.txt list; unpack the region '
            'segmentations of Matterport3D there and copy its lists of buildings beside them'
        )
    return create_splits('matterport', out, tag, splits, (options or Options()).workers)


def _regions(root: Path, out: Path, split: str, categories: np.ndarray) -> list[ScanJob]:
    names = read_scene_names(root / f'scenes_{split}.txt')
    paths = [path for name in names for path in sorted((root / name / 'region_segmentations').glob('region*.ply'))]
    read = partial(read_region, categories=categories)
    return [ScanJob(f'{path.parents[1].name}_{path.stem}', path, out, read, CLASSES) for path in paths]


def read_categories(path: Path) -> np.ndarray:
    """nyu40 id and place among ``FINE_CLASSES`` + 1 of each category, 0 where it has none: [largest index + 1, 2] int64."""
    if not path.exists():
        raise DataError(f'{path} does not exist; copy it from the metadata of Matterport3D')
    with open(path, encoding='utf-8', newline='') as file:
        rows = list(csv.DictReader(file, delimiter='\t'))
    place = {name: number for number, name in enumerate(class_list(FINE_CLASSES).names, 1)}
    try:
        entries = [(int(r['index']), int(r['nyu40id'] or 0), place.get(r['nyuClass'].strip(), 0)) for r in rows]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FileFormatError(
            f'{path}: expected columns index and nyu40id with whole numbers, and nyuClass ({error})'
        ) from error
    table = np.zeros((max((index for index, *_ in entries), default=0) + 1, 2), dtype=np.int64)
    for index, *numbers in entries:
        table[index] = numbers
    return table


def read_region(path: Path, categories: np.ndarray) -> LabelledScan:
    """Vertices of one region; those that no face touches, or most of whose faces have no category, are void.

    ``categories``: table [C, 2] of :func:`read_categories`.
    """
    mesh = read_ply(path)
    data = map_file(path)
    faces = read_elements(data, parse_header(data, str(path)), str(path)).get('face', {})
    corners, category = faces.get('vertex_indices', faces.get('vertex_index')), faces.get('category_id')
    if not isinstance(corners, ListColumn) or not isinstance(category, np.ndarray):
        raise FileFormatError(f'{path}: expected faces with vertex_indices and category_id, found {sorted(faces)}')
    known = (category >= 0) & (category < len(categories))
    labels = np.where(known[:, None], categories[np.where(known, category, 0)], 0)  # [F, 2]
    count = len(mesh.vertices)
    coarse, fine = (majority(corners.values, np.repeat(votes, corners.lengths), count) for votes in labels.T)
    void = len(class_list(FINE_CLASSES))
    further = {FINE_FOLDER: np.where(fine > 0, fine - 1, void)}
    return LabelledScan(mesh.vertices, mesh.colors, coarse, np.zeros(count, dtype=np.int64), mesh.faces, further)


def majority(vertex: np.ndarray, votes: np.ndarray, count: int) -> np.ndarray:
    """The most frequent of the ``votes`` [E] on each of ``count`` vertices, the smallest of equals, 0 without any: [count]."""
    width = int(votes.max(initial=0)) + 1
    cells, times = np.unique(vertex.astype(np.int64) * width + votes, return_counts=True)
    order = np.lexsort((cells % width, -times, cells // width))
    first = np.unique(cells[order] // width, return_index=True)[1]
    winners = np.zeros(count, dtype=np.int64)
    winners[cells[order][first] // width] = cells[order][first] % width
    return winners
