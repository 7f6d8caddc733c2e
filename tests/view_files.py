"""Tiny view data sets on disk, in the layout of the rooms."""

from pathlib import Path

import numpy as np

from uniseg3d.io.id_images import write_ids
from uniseg3d.io.images import write_jpeg, write_png

SIZE = (24, 32)
LABELS = np.kron([[1001, 3002], [3003, 0]], np.ones((SIZE[0] // 2, SIZE[1] // 2))).astype(np.int64)  # a wall, two objects
CAMERA = np.array([[30.0, 0, 15.5], [0, 30.0, 11.5], [0, 0, 1]])


def pose_at(position: float) -> np.ndarray:
    """A camera that turns a little while it moves along x."""
    angle = 0.05 * position
    pose = np.eye(4)
    pose[[0, 0, 2, 2], [0, 2, 0, 2]] = np.cos(angle), np.sin(angle), -np.sin(angle), np.cos(angle)
    pose[0, 3] = 0.1 * position
    return pose


def text_matrix(matrix: np.ndarray) -> str:
    return '\n'.join(' '.join(f'{value:.6f}' for value in row) for row in matrix)


def write_frame(folder: Path, number: int, rng: np.random.Generator) -> None:
    (folder / 'pose').mkdir(parents=True, exist_ok=True)
    write_jpeg(folder / 'color' / f'{number}.jpg', rng.integers(0, 256, (*SIZE, 3), dtype=np.uint8))
    write_png(folder / 'depth' / f'{number}.png', rng.integers(1000, 3000, SIZE).astype(np.uint16))
    write_ids(folder / 'panoptic' / f'{number}.png', LABELS)
    (folder / 'pose' / f'{number}.txt').write_text(text_matrix(pose_at(number)))


def write_walks(root: Path, scenes: int = 2, frames: int = 12, splits: tuple[str, ...] = ('train', 'val')) -> Path:
    """``scenes`` walks of ``frames`` frames each, listed for every split."""
    rng = np.random.default_rng(0)
    names = [f'room{scene:04d}_00' for scene in range(scenes)]
    camera = np.eye(4)
    camera[:3, :3] = CAMERA
    for name in names:
        folder = root / 'frames' / name
        for number in range(frames):
            write_frame(folder, number, rng)
        (folder / 'intrinsic').mkdir()
        (folder / 'intrinsic' / 'intrinsic_depth.txt').write_text(text_matrix(camera))
    (root / 'meta_data').mkdir()
    for split in splits:
        (root / 'meta_data' / f'scannetv2_{split}.txt').write_text('\n'.join(names) + '\n')
    return root
