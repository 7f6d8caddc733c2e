"""The one door for clouds and meshes in files, whatever their format."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from uniseg3d.io.arrays import read_bin, read_npy, read_npz_arrays
from uniseg3d.io.columns import table_cloud
from uniseg3d.io.gltf import read_glb
from uniseg3d.io.las import read_las
from uniseg3d.io.obj import read_obj
from uniseg3d.io.pcd import read_pcd
from uniseg3d.io.ply import read_ply
from uniseg3d.io.raw_cloud import RawCloud, map_file, stored_colors
from uniseg3d.io.text_cloud import read_text_cloud
from uniseg3d.utils.errors import FileFormatError

NPZ_NAMES = {
    'xyz': ('xyz', 'points', 'coords', 'coord', 'positions', 'pos', 'vertices'),
    'colors': ('colors', 'color', 'rgb'),
    'normals': ('normals', 'normal'),
    'faces': ('faces', 'triangles'),
}


def read_cloud(path: str | Path) -> RawCloud:
    """Read a file of one of the ``CLOUD_SUFFIXES``. Every fault is one sentence with the name of the file."""
    path = Path(path)
    if path.is_dir():
        raise FileFormatError(f'{path} is a folder; expected a file with a cloud or mesh')
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        known = ', '.join(CLOUD_SUFFIXES)
        raise FileFormatError(f'{path} ends in {path.suffix or "nothing"}; expected a cloud or mesh: {known}')
    map_file(path)  # missing and empty files sound the same for all formats
    return reader(path)


def _read_ply(path: Path) -> RawCloud:
    mesh = read_ply(path, doubles=True)
    if not len(mesh.vertices):
        raise FileFormatError(f'{path} holds no points')
    faces = mesh.faces if mesh.faces is not None and len(mesh.faces) else None
    return RawCloud(mesh.vertices, mesh.colors, mesh.normals, faces)


def _read_npy(path: Path) -> RawCloud:
    return table_cloud(read_npy(path, (None, None)), str(path))


def _read_bin(path: Path) -> RawCloud:
    return table_cloud(read_bin(path, np.float32, columns=6), str(path), ('x', 'y', 'z', 'r', 'g', 'b'))


def _read_npz(path: Path) -> RawCloud:
    arrays = read_npz_arrays(path)
    found = {part: next((arrays[name] for name in names if name in arrays), None) for part, names in NPZ_NAMES.items()}
    xyz = found['xyz']
    if xyz is None:
        raise FileFormatError(f'{path} has the arrays {sorted(arrays)}; expected one of {", ".join(NPZ_NAMES["xyz"])}')
    cloud = table_cloud(xyz, str(path))
    for part, array in found.items():
        if array is not None and part != 'faces' and array.shape != (len(xyz), array.shape[-1]):
            raise FileFormatError(f'{path}: {part} has shape {array.shape}; expected one row for each of {len(xyz)} points')
    if found['colors'] is not None:
        cloud.colors = stored_colors(found['colors'][:, :3], str(path))
    if found['normals'] is not None:
        cloud.normals = found['normals'].astype(np.float32)
    if found['faces'] is not None:
        cloud.faces = _checked_faces(found['faces'], len(xyz), path)
    return cloud


def _checked_faces(faces: np.ndarray, count: int, path: Path) -> np.ndarray:
    if faces.ndim != 2 or faces.shape[1] != 3 or faces.dtype.kind not in 'iu' or not ((faces >= 0) & (faces < count)).all():
        raise FileFormatError(f'{path}: faces must be integers [F, 3] in 0..{count - 1}, got {faces.dtype} {list(faces.shape)}')
    return faces.astype(np.int64)


READERS: dict[str, Callable[[Path], RawCloud]] = {
    '.ply': _read_ply,
    '.pcd': read_pcd,
    '.obj': read_obj,
    '.glb': read_glb,
    '.npy': _read_npy,
    '.npz': _read_npz,
    '.bin': _read_bin,  # of a prepared data set
    '.txt': read_text_cloud,
    '.xyz': read_text_cloud,
    '.csv': read_text_cloud,
    '.las': read_las,
    '.laz': read_las,
}
CLOUD_SUFFIXES = tuple(READERS)
