"""A tiny data set of views around pairs, in the tree that create_data.py makes of ScanNet++."""

import json
from pathlib import Path

import numpy as np
from view_files import CAMERA, SIZE, pose_at

from uniseg3d.io.id_images import write_ids
from uniseg3d.io.images import write_jpeg, write_png

PAIRS = [(0, 1), (1, 2), (2, 3), (0, 3)]


def write_scene(root: Path, name: str = '0a', pairs: list[tuple[int, int]] | None = None) -> Path:
    """Four images in the tree of ``create_data.py scannetpp``; instance 3 of class 1 everywhere."""
    rng = np.random.default_rng(0)
    images = [f'DSC{number}.jpg' for number in range(3)] + ['frame_000000.jpg']
    for image in images:
        stem = image.removesuffix('.jpg')
        write_jpeg(root / name / 'images' / image, rng.integers(0, 256, (*SIZE, 3), dtype=np.uint8))
        write_png(root / name / 'depth' / f'{stem}.png', np.full(SIZE, 2000, np.uint16))
        write_ids(root / name / 'panoptic' / f'{stem}.png', np.full(SIZE, 3 * 256 + 1))
    np.savez(
        root / name / 'scene_metadata.npz',
        images=np.array(images),
        trajectories=np.stack([pose_at(place) for place in range(4)]).astype(np.float32),
        intrinsics=np.tile(CAMERA.astype(np.float32), (4, 1, 1)),
        pairs=np.array([(*pair, 0.5) for pair in (PAIRS if pairs is None else pairs)]).reshape(-1, 3),
        cls_sep=256,
    )
    categories = [{'id': 1, 'name': 'chair', 'isthing': True}, {'id': 0, 'name': 'wall', 'isthing': False}]
    (root / 'categories.json').write_text(json.dumps(categories))
    return root
