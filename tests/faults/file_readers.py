"""Every way a file comes into the package, with good files of each kind to start from."""

import json
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from cloud_writers import write_las, write_obj, write_pcd
from faults.fuzzer import Reader
from gaussian_scenes import labelled
from posed_frames import matrix_text
from raw_scans import LABEL_MAP, scan_mesh, write_scan
from safetensors.torch import save_file
from scene_files import scene_info

from uniseg3d.datasets.preparation.descriptions import SOURCES, read_descriptions
from uniseg3d.io.arrays import write_npy, write_npz
from uniseg3d.io.clouds import read_cloud
from uniseg3d.io.colmap import read_colmap, write_colmap
from uniseg3d.io.colmap_model import ColmapCamera, ColmapModel, ColmapPoints, ColmapView
from uniseg3d.io.frames import read_matrix
from uniseg3d.io.gaussians import read_gaussians, write_gaussians
from uniseg3d.io.glb import write_glb
from uniseg3d.io.images import encode_png, read_color, read_map, read_photo, write_jpeg, write_png
from uniseg3d.io.infos import read_infos, write_infos
from uniseg3d.io.infos_pickle import scene_to_pickle, write_pickle
from uniseg3d.io.ply import write_ply
from uniseg3d.io.point_features import read_point_features
from uniseg3d.io.scannet import read_axis_alignment, read_label_map, read_scan
from uniseg3d.io.sens import SensFile, SensFrame, SensHeader, write_sens
from uniseg3d.io.trajectory import read_trajectory, write_trajectory
from uniseg3d.text.class_files import read_class_embeddings
from uniseg3d.utils.restricted_pickle import load_restricted
from uniseg3d.utils.weights import load_weights

RNG = np.random.default_rng(0)
XYZ, COLORS = RNG.random((40, 3)) * 3, RNG.integers(0, 256, (40, 3), dtype=np.uint8)
PICTURE = RNG.integers(0, 256, (12, 16, 3), dtype=np.uint8)
DEPTH = np.full((12, 16), 1500, np.uint16)
EYE = torch.eye(4, dtype=torch.float64)


def one(name: str, write: Callable[[Path], object]) -> Callable[[Path], list[Path]]:
    """Seeds of a kind with one good file."""
    return several({name: write})


def several(files: Mapping[str, Callable[[Path], object]]) -> Callable[[Path], list[Path]]:
    """Seeds of a kind whose good files differ; all have one suffix."""

    def write_all(folder: Path) -> list[Path]:
        for name, write in files.items():
            write(folder / name)
        return [folder / name for name in files]

    return write_all


def _plain_cloud(path: Path) -> None:
    path.write_text('\n'.join(' '.join(map(str, [*point, *color])) for point, color in zip(XYZ, COLORS, strict=True)))


def _recording(path: Path) -> None:
    camera = np.diag([20, 20, 1, 1]).astype(np.float32)
    frames = [SensFrame(np.eye(4, dtype=np.float32), PICTURE, DEPTH) for _ in range(2)]
    write_sens(path, SensHeader((12, 16), (12, 16), camera, camera), frames)


def _whole_recording(path: Path) -> None:
    file = SensFile(path)
    for number in range(len(file)):
        file.pose(number), file.color(number), file.depth(number)


def _segments(path: Path) -> None:
    folder = write_scan(path.parent / 'segments', 'scene0000_00')
    (folder / 'scene0000_00_vh_clean_2.0.010000.segs.json').rename(path)


def _groups(path: Path) -> None:
    folder = write_scan(path.parent / 'groups', 'scene0000_00')
    (folder / 'scene0000_00.aggregation.json').rename(path)


def _in_scan(part: str) -> Callable[[Path], object]:
    """Read a whole scan in which one file is replaced by the one given, and which bears that file's name in messages."""

    def read(path: Path) -> object:
        scans = path.parent / 'scans'
        folder = scans / path.stem
        if not folder.exists():
            write_scan(scans, path.stem)
        (folder / f'{path.stem}{part}').write_bytes(path.read_bytes())
        return read_scan(folder, path.stem, annotated=True)

    return read


def _model() -> ColmapModel:
    """Two views of two points."""
    camera = ColmapCamera('PINHOLE', 16, 12, np.array([[20.0, 0, 7.5], [0, 20, 5.5], [0, 0, 1]]))
    views = {k: ColmapView(f'{k}.jpg', 1, np.eye(4), np.full((2, 2), 3.0), np.array([1, 2])) for k in (1, 2)}
    track = np.array([[1, 0], [2, 0], [1, 1], [2, 1]])
    points = ColmapPoints(np.array([1, 2]), XYZ[:2], COLORS[:2], np.ones(2), np.array([0, 0, 1, 1]), track)
    return ColmapModel({1: camera}, views, points)


def _of_model(name: str) -> Reader:
    """One of the three files of a model, the other two being good."""

    def write(path: Path) -> None:
        write_colmap(path.parent / 'good', _model())
        (path.parent / 'good' / name).rename(path)

    def read(path: Path) -> object:
        folder = path.parent / path.stem
        if not folder.exists():
            write_colmap(folder, _model())
        (folder / name).write_bytes(path.read_bytes())
        return read_colmap(folder)

    return Reader(f'colmap {name}', one(f'good_{name}', write), read)


def _gaussians(convention: str) -> Callable[[Path], None]:
    return lambda path: write_gaussians(path, labelled(), convention)


def _sentences(path: Path) -> None:
    entry = {
        'scene_id': 'scene0000_00',
        'object_id': '2',
        'object_name': 'chair',
        'description': 'the red chair',
        'ann_id': '0',
    }
    path.write_text(json.dumps([entry, entry | {'object_id': '3', 'token': ['the', 'chair']}]))


def _descriptions(path: Path) -> None:
    for source in SOURCES:
        read_descriptions(path, source)


def _info_pickle(path: Path) -> None:
    points = {text.object_id: np.arange(5) for text in scene_info().texts}
    write_pickle(path, [scene_to_pickle(scene_info(), points, np.ones((1, 6), bool))], 'rooms', {'chair': 2})


def _old_weights(path: Path) -> None:
    torch.save({'state_dict': {'a.weight': torch.ones(2, 3)}, 'meta': {'epoch': 1}}, path, _use_new_zipfile_serialization=False)


def _trajectory(path: Path) -> None:
    write_trajectory(path, torch.arange(2.0), EYE.expand(2, 4, 4))


def _features(path: Path) -> None:
    torch.save({'feat': torch.ones(2, 4).half(), 'mask_full': torch.tensor([True, False, True])}, path)


PLY = {
    f'{kind}.ply': (lambda path, kind=kind: write_ply(path, scan_mesh(), kind))
    for kind in ('ascii', 'binary_little_endian', 'binary_big_endian')
}
PCD = {
    f'{data}.pcd': (lambda path, data=data: write_pcd(path, XYZ, COLORS, data))
    for data in ('ascii', 'binary', 'binary_compressed')
}
LAS = {f'{kind}.las': (lambda path, kind=kind: write_las(path, XYZ, COLORS, kind)) for kind in (2, 7)}
NPZ = {'cloud.npz': lambda path: write_npz(path, xyz=XYZ, colors=COLORS)}
PHOTOS = {'a.png': lambda path: write_png(path, PICTURE), 'b.png': lambda path: path.write_bytes(encode_png(DEPTH))}
PICKLE = {
    'a.pkl': lambda path: path.write_bytes(pickle.dumps({'metainfo': {}, 'data_list': [{'a': XYZ, 'b': [1, 2.5, None]}]}))
}

READERS = [
    Reader('ply', several(PLY), read_cloud),
    Reader('pcd', several(PCD), read_cloud),
    Reader('las', several(LAS), read_cloud),
    Reader('obj', one('a.obj', lambda path: write_obj(path, XYZ, COLORS / 255, np.array([[0, 1, 2]]))), read_cloud),
    Reader('glb', one('a.glb', lambda path: write_glb(path, XYZ, COLORS)), read_cloud),
    Reader('text cloud', one('a.xyz', _plain_cloud), read_cloud),
    Reader('npy', one('a.npy', lambda path: write_npy(path, XYZ)), read_cloud),
    Reader('npz', several(NPZ), read_cloud),
    Reader('gaussians', several({f'{kind}.ply': _gaussians(kind) for kind in ('3dgs', 'siu3r')}), read_gaussians),
    Reader('sens', one('a.sens', _recording), _whole_recording),
    Reader('scan mesh', one('a.ply', lambda path: write_ply(path, scan_mesh())), _in_scan('_vh_clean_2.ply')),
    Reader('segments', one('a.json', _segments), _in_scan('_vh_clean_2.0.010000.segs.json')),
    Reader('groups', one('a.json', _groups), _in_scan('.aggregation.json')),
    Reader('alignment', one('a.txt', lambda path: path.write_text(f'axisAlignment = {"1 0 0 0 " * 4}\n')), read_axis_alignment),
    Reader('label map', one('a.tsv', lambda path: path.write_text(LABEL_MAP)), lambda path: read_label_map(path, 'nyu40id')),
    Reader('descriptions', one('a.json', _sentences), _descriptions),
    Reader('infos', one('a.json', lambda path: write_infos(path, [scene_info()], 'rooms', {'chair': 2})), read_infos),
    Reader('info pickle', one('a.pkl', _info_pickle), read_infos),
    Reader('pickle', several(PICKLE), load_restricted),
    Reader('weights', one('a.pth', lambda path: torch.save({'a.weight': torch.ones(2, 3)}, path)), load_weights),
    Reader('old weights', one('a.pth', _old_weights), load_weights),
    Reader('safetensors', one('a.safetensors', lambda path: save_file({'a.weight': torch.ones(2, 3)}, path)), load_weights),
    Reader('point features', one('a.pt', _features), read_point_features),
    Reader('class embeddings', one('a.pth', lambda path: torch.save(torch.ones(2, 1, 4), path)), read_class_embeddings),
    Reader('matrix', one('a.txt', lambda path: path.write_text(matrix_text(np.eye(4)))), read_matrix),
    Reader('trajectory', one('a.txt', _trajectory), read_trajectory),
    *(_of_model(name) for name in ('cameras.txt', 'images.txt', 'points3D.txt')),
    Reader('colour picture', one('a.jpg', lambda path: write_jpeg(path, PICTURE)), read_color),
    Reader('photo', several(PHOTOS), read_photo),
    Reader('depth map', one('a.png', lambda path: write_png(path, DEPTH)), read_map),
]
