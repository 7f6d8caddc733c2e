"""Replica, the original release: meshes whose faces say which object they belong to.

::

    <root>/<scene>/habitat/mesh_semantic.ply     vertices with colours; faces with ``object_id``
    <root>/<scene>/habitat/info_semantic.json    ``objects``: id and class_id of each
"""

from pathlib import Path

import numpy as np

from uniseg3d.datasets.preparation.create_data import CreatedData, Options
from uniseg3d.datasets.preparation.labelled_scan import LabelledScan, ScanJob, create_splits
from uniseg3d.datasets.preparation.labels import LARGEST_ID
from uniseg3d.io.fields import Fields
from uniseg3d.io.ply import read_ply
from uniseg3d.io.ply_elements import ListColumn, parse_header, read_elements
from uniseg3d.io.raw_cloud import map_file
from uniseg3d.utils.errors import DataError, FileFormatError
from uniseg3d.utils.files import read_json

CLASSES = 'replica.stuff_first'
EVALUATED = ('office0', 'office1', 'office2', 'office3', 'office4', 'room0', 'room1', 'room2')  # the usual eight scenes
LARGEST_OBJECT = 2**31 - 1


def create_replica(root: Path, out: Path, tag: str = 'replica', options: Options | None = None) -> CreatedData:
    """Prepare all scenes that are there: the usual eight are for tests, the others (apartments, a hotel) for training."""
    folders = sorted(path.parents[1] for path in root.glob('*/habitat/mesh_semantic.ply'))
    if not folders:
        raise DataError(f'{root} holds no <scene>/habitat/mesh_semantic.ply; download the Replica data set there')
    jobs = [ScanJob(folder.name, folder, out, read_scene, CLASSES) for folder in folders]
    held_out = [job for job in jobs if job.scene_id.replace('_', '') in EVALUATED]  # the release writes office_0
    splits = {'train': [job for job in jobs if job not in held_out], 'val': held_out}
    return create_splits('replica', out, tag, splits, (options or Options()).workers)


def read_scene(folder: Path) -> LabelledScan:
    """Vertices of a scene, each with the object of the last face it is a corner of; unlisted objects are undefined."""
    path = folder / 'habitat' / 'mesh_semantic.ply'
    mesh = read_ply(path)
    objects = _object_of_vertex(path, len(mesh.vertices))  # [N], -1 = none
    class_of = _class_of_object(folder / 'habitat' / 'info_semantic.json')
    ids, place = np.unique(objects, return_inverse=True)
    known = np.array([number in class_of for number in ids.tolist()])
    classes = np.array([max(class_of.get(number, 0), 0) for number in ids.tolist()])
    return LabelledScan(
        xyz=mesh.vertices,
        colors=mesh.colors,
        semantic=classes[place],
        instance=np.where(known[place], objects + 1, 0),
        faces=mesh.faces,
    )


def _object_of_vertex(path: Path, count: int) -> np.ndarray:
    data = map_file(path)
    faces = read_elements(data, parse_header(data, str(path)), str(path)).get('face', {})
    corners, ids = faces.get('vertex_indices', faces.get('vertex_index')), faces.get('object_id')
    if not isinstance(corners, ListColumn) or not isinstance(ids, np.ndarray):
        raise FileFormatError(f'{path}: expected faces with vertex_indices and object_id, found {sorted(faces)}')
    objects = np.full(count, -1, dtype=np.int64)
    objects[corners.values] = np.repeat(ids.astype(np.int64), corners.lengths)
    return objects


def _class_of_object(path: Path) -> dict[int, int]:
    """Class id of each listed object; ids that are not positive mean undefined."""
    listed = Fields(read_json(path, 'copy the file again'), str(path)).records('objects')
    return {entry.integer('id', 0, LARGEST_OBJECT): entry.integer('class_id', -LARGEST_ID, LARGEST_ID) for entry in listed}
