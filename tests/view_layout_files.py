"""Data sets of two frames on disk, in the layouts that networks are trained on."""

import json
from pathlib import Path

import numpy as np
import pytest
from view_files import CAMERA, SIZE, pose_at

from uniseg3d.datasets.views.layouts import LAYOUTS
from uniseg3d.io.arrays import write_npy, write_npz
from uniseg3d.io.images import write_jpeg, write_png

METRES = 2.0  # what every pixel of every data set shows, in its own unit; one pixel shows nothing
# layout: folder of a scene, names of two frames, file of the camera (None: a table of all frames)
SCENES = {
    'scannet': ('scans_train/scene0000_00', ('0', '10'), 'cam/{}.npz'),
    'scannetpp': ('a1b2', ('DSC1', 'DSC2'), None),
    'arkitscenes': ('Training/41', ('41_1', '41_2'), None),
    'arkitscenes_highres': ('Training/42', ('42_1', '42_2'), None),
    'co3d': ('apple/1_2_3', ('frame000001', 'frame000005'), 'images/{}.npz'),
    'wildrgbd': ('apple/scenes/scene_1', ('00001', '00005'), 'metadata/{}.npz'),
    'hypersim': ('ai_001_001/cam_00', ('000001_', '000002_'), '{}cam.npz'),
    'blendedmvs': ('5a', ('00000001', '00000002'), '{}.npz'),
    'megadepth': ('0001/00', ('a', 'b'), '{}.npz'),
    'waymo': ('segment-1', ('00000_1', '00001_1'), '{}.npz'),
    'vkitti2': ('Scene01/clone/Camera_0', ('00000', '00001'), '{}_cam.npz'),
    'omniobject3d': ('toy_001', ('r_0', 'r_1'), 'cam/{}.npz'),
    'spring': ('0001', ('0001', '0002'), 'cam/{}.npz'),
    'mvs_synth': ('0001', ('0001', '0002'), 'cam/{}.npz'),
    'pointodyssey': ('train/dancing', ('rgb_1', 'rgb_2'), 'cam/{}.npz'),
}
SPLITS = {'arkitscenes': 'Training', 'arkitscenes_highres': 'Training'}


def write_depth(path: Path, kind: str) -> None:
    depth = np.full(SIZE, METRES, np.float32)
    depth[0, 0] = 0
    if kind == 'co3d':
        write_png(path, np.rint(depth / 4 * 65535).astype(np.uint16))
    elif path.suffix == '.png':
        write_png(path, (depth * (100 if kind == 'vkitti2' else 1000)).astype(np.uint16))
    elif path.suffix == '.npy':
        depth[0, 1] = np.nan
        write_npy(path, depth * (1000 if kind == 'omniobject3d' else 1))
    else:
        exr = pytest.importorskip('OpenEXR')  # of the extra `views`
        exr.File({'type': exr.scanlineimage}, {'Y': depth}).write(str(path))


def write_dataset(root: Path, kind: str) -> Path:
    scene, names, camera = SCENES[kind]
    folder, places = root / scene, LAYOUTS[kind]
    for number, name in enumerate(names):
        write_color(folder / places.color.format(name), number)
        path = folder / places.depth.format(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_depth(path, kind)
        if camera:
            write_camera(folder / camera.format(name), number)
        if places.mask:
            write_png(folder / f'masks/{name}.png', np.pad(np.full((SIZE[0], 4), 255, np.uint8), ((0, 0), (0, SIZE[1] - 4))))
    write_lists(root, kind, folder, names)
    return root


def write_color(path: Path, number: int) -> None:
    (write_png if path.suffix == '.png' else write_jpeg)(path, np.full((*SIZE, 3), 100 + number, np.uint8))


def write_camera(path: Path, number: int) -> None:
    pose = pose_at(number)
    path.parent.mkdir(parents=True, exist_ok=True)
    poses = dict.fromkeys(('pose', 'camera_pose', 'cam2world'), pose)
    cameras = dict.fromkeys(('intrinsics', 'camera_intrinsics'), CAMERA)
    write_npz(path, **poses, **cameras, R_cam2world=pose[:3, :3], t_cam2world=pose[:3, 3], maximum_depth=np.array(4.0))


def write_lists(root: Path, kind: str, folder: Path, names: tuple[str, ...]) -> None:
    if kind in ('co3d', 'wildrgbd'):
        category, sequence = SCENES[kind][0].split('/', 1)
        frames = [int(name.removeprefix('frame')) for name in names]
        (root / 'selected_seqs_train.json').write_text(json.dumps({category: {sequence: frames}}))
    if kind == 'omniobject3d':
        (root / 'scale.json').write_text(json.dumps({folder.name: 1.0}))
    if kind == 'vkitti2':
        (root / 'Scene20/clone/Camera_0').mkdir(parents=True)
    if kind == 'arkitscenes':
        (root.with_name(f'{root.name}_highres') / 'Training' / '99').mkdir(parents=True)
        (root / 'Training' / '99').mkdir()  # the twin has it
    if SCENES[kind][2] is None:
        rows = np.array([[SIZE[1], SIZE[0], CAMERA[0, 0], CAMERA[1, 1], CAMERA[0, 2], CAMERA[1, 2]]] * 2)
        poses = np.stack([pose_at(0), pose_at(1)])
        listed = np.array([f'{name}.png' for name in names])
        for file in ('scene_metadata.npz', 'new_scene_metadata.npz'):
            write_npz(folder / file, images=listed, trajectories=poses, intrinsics=rows)
