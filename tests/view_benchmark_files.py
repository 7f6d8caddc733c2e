"""Tiny data sets on disk in the layouts that depths, poses and points are measured on."""

from pathlib import Path

import numpy as np
import torch
from view_files import CAMERA, SIZE, text_matrix
from view_files import pose_at as pose_on_line

from uniseg3d.io.arrays import write_npy
from uniseg3d.io.images import write_jpeg, write_png
from uniseg3d.io.trajectory import write_trajectory

TAG = np.float32(202021.25).tobytes()
WHOLE = (480, 640)  # of data sets whose camera is known beforehand


def pose_at(number: int) -> np.ndarray:
    pose = pose_on_line(number)
    pose[1, 3] = 0.05 * number**2  # cameras on a line cannot be aligned
    return pose


def write_color(path: Path, number: int, size: tuple[int, int] = SIZE) -> None:
    (write_png if path.suffix == '.png' else write_jpeg)(path, np.full((*size, 3), 100 + number, np.uint8))


def metres(number: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    depth = np.full(size, 2.0 + number, np.float32)
    depth[0, 0] = 0
    return depth


def write_sintel(
    root: Path, scenes: tuple[str, ...] = ('alley_1', 'alley_2'), frames: int = 3, size: tuple[int, int] = SIZE
) -> Path:
    for scene in scenes:
        for number in range(frames):
            name, base = f'frame_{number + 1:04d}', root / 'training'
            write_color(base / 'final' / scene / f'{name}.png', number, size)
            for tree in ('depth', 'camdata_left'):
                (base / tree / scene).mkdir(parents=True, exist_ok=True)
            header = TAG + np.array(size[::-1], '<i4').tobytes()
            (base / 'depth' / scene / f'{name}.dpt').write_bytes(header + metres(number, size).astype('<f4').tobytes())
            camera = np.concatenate([CAMERA.ravel(), np.linalg.inv(pose_at(number))[:3].ravel()]).astype('<f8')
            (base / 'camdata_left' / scene / f'{name}.cam').write_bytes(TAG + camera.tobytes())
    return root


def write_bonn(root: Path) -> Path:
    folder = root / 'rgbd_bonn_balloon2'
    for number in range(2):  # images and depth maps are called after their times, which differ
        write_color(folder / 'rgb_110' / f'15480.{number}.png', number)
        write_png(folder / 'depth_110' / f'15480.{number}5.png', (metres(number) * 5000).astype(np.uint16))
    return root


def write_kitti(root: Path) -> Path:
    for number in range(2):
        write_color(root / 'image_gathered' / 'drive_02' / f'{number:010d}.png', number)
        depth = (metres(number) * 256).astype(np.uint16)
        write_png(root / 'groundtruth_depth_gathered' / 'drive_02' / f'{number:010d}.png', depth)
    return root


def write_nyu(root: Path) -> Path:
    for number in range(2):
        write_color(root / 'nyu_images' / f'{number + 1:05d}.png', number)
        (root / 'nyu_depths').mkdir(exist_ok=True)
        write_npy(root / 'nyu_depths' / f'{number + 1:05d}.npy', metres(number))
    return root


def write_tum(root: Path, frames: int = 3, size: tuple[int, int] = SIZE) -> Path:
    folder = root / 'rgbd_dataset_freiburg3_sitting_xyz'
    for number in range(frames):
        write_color(folder / 'rgb_90' / f'1341845.{number}.png', number, size)
    poses = torch.from_numpy(np.stack([pose_at(number) for number in range(frames)]))
    write_trajectory(folder / 'groundtruth_90.txt', torch.arange(float(frames)), poses)
    return root


def write_scannet(root: Path) -> Path:
    folder = root / 'scene0707_00'
    for number in range(3):
        write_color(folder / 'color_90' / f'frame_{number:04d}.jpg', number)
    rows = [' '.join(text_matrix(pose_at(number)).split()) for number in range(3)]
    (folder / 'pose_90.txt').write_text('\n'.join(rows))
    return root


def write_seven_scenes(root: Path, frames: int = 2, size: tuple[int, int] = WHOLE) -> Path:
    folder = root / 'chess/seq-03'
    for number in range(frames):
        write_color(folder / f'frame-{number:06d}.color.png', number, size)
        write_png(folder / f'frame-{number:06d}.depth.proj.png', millimetres(number, size))
        (folder / f'frame-{number:06d}.pose.txt').write_text(text_matrix(pose_at(number)))
    (root / 'chess/TestSplit.txt').write_text('sequence3\n')
    return root


def write_nrgbd(root: Path, frames: int = 2, size: tuple[int, int] = WHOLE) -> Path:
    for number in range(frames):
        write_color(root / f'kitchen/images/img{number}.png', number, size)
        write_png(root / f'kitchen/depth/depth{number}.png', millimetres(number, size))
    poses = [pose_at(number) @ np.diag([1, -1, -1, 1]) for number in range(frames)]  # OpenGL's axes
    (root / 'kitchen/poses.txt').write_text('\n'.join(text_matrix(pose) for pose in poses))
    return root


def millimetres(number: int, size: tuple[int, int]) -> np.ndarray:
    """With a bump, so that points do not lie on a plane."""
    depth = 2000 + 100 * number + np.add.outer(np.arange(size[0]) ** 2, 10 * np.arange(size[1])) % 700
    depth[0, 0] = 65535  # nothing
    return depth.astype(np.uint16)


WRITERS = {
    'sintel': write_sintel, 'bonn': write_bonn, 'kitti': write_kitti, 'nyu': write_nyu, 'tum': write_tum,
    'scannet_90': write_scannet, '7scenes': write_seven_scenes, 'nrgbd': write_nrgbd,
}  # fmt: skip
