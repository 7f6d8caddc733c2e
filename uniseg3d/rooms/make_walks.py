"""Walks through rooms: as many posed RGB-D frames as a network that learns from views wants, in little time and space."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from uniseg3d.io.id_images import ids_to_colors
from uniseg3d.io.images import encode_jpeg, encode_png
from uniseg3d.io.scannet import matrix_text
from uniseg3d.rooms.build import build_room
from uniseg3d.rooms.cameras import intrinsic_matrix
from uniseg3d.rooms.frame_writer import panoptic_maps
from uniseg3d.rooms.free_space import find_free_space
from uniseg3d.rooms.scan import render
from uniseg3d.rooms.scene import Frames
from uniseg3d.rooms.walk import draw_walk
from uniseg3d.utils.errors import ConfigError, DataError
from uniseg3d.utils.files import read_json, write_text
from uniseg3d.utils.parallel import run_jobs

VERSION = 1  # of the recipe; raise it whenever the same seed gives other walks
SIZE = (120, 160)  # height, width in pixels
_FIELD_OF_VIEW = (60, 75)  # degrees
_WALK_STREAM = 7  # random numbers of their own, beside those that furnish the room


@dataclass(frozen=True)
class _Walk:
    """Everything that decides what a walk shows, and where it goes."""

    folder: Path
    split: str
    seed: int
    index: int
    frames: int
    labels: bool


def make_walks(
    out: str | Path, train: int, val: int, frames: int, seed: int = 0, workers: int = 1, labels: bool = False
) -> None:
    """Write ``frames`` frames of a walk through each of ``train`` + ``val`` rooms below ``out``.

    ``frames/<room>/{color,depth,pose,intrinsic}`` as ScanNet's exports, ``meta_data/scannetv2_{train,val}.txt`` list the rooms;
    poses are in the room's own frame, z up. The rooms of ``val`` have furniture that training never shows. The same numbers
    give the same files; finished walks are kept. ``labels`` adds ``panoptic``, class and object of every pixel, also to
    walks that were made without.
    """
    if train < 0 or val < 0 or train + val == 0 or seed < 0 or frames < 1:
        raise ConfigError(f'need a room and a frame, and no negative number, got {train=}, {val=}, {frames=}, {seed=}')
    out = Path(out)
    _claim(out / 'walks.json', {'version': VERSION, 'seed': seed, 'train': train, 'val': val, 'frames': frames})
    splits = ['train'] * train + ['val'] * val
    rooms = [out / 'frames' / f'room{index:04d}_00' for index in range(len(splits))]
    walks = [
        _Walk(room, split, seed, index, frames, labels) for index, (room, split) in enumerate(zip(rooms, splits, strict=True))
    ]
    run_jobs(_make_walk, walks, workers, 'walking through rooms')
    for split in ('train', 'val'):
        names = ''.join(f'{walk.folder.name}\n' for walk in walks if walk.split == split)
        write_text(out / 'meta_data' / f'scannetv2_{split}.txt', names)


def _claim(path: Path, recipe: dict[str, int]) -> None:
    """Mark the folder with ``recipe``, or refuse if it holds another one or somebody else's files."""
    if path.exists():
        found = read_json(path, 'delete its folder, or choose another one')
        if found != recipe:
            raise DataError(f'{path.parent} holds walks of the recipe {found}, not {recipe}; choose another folder')
    elif path.parent.exists() and any(not entry.name.startswith('.') for entry in path.parent.iterdir()):
        raise DataError(f'{path.parent} is neither empty nor a folder of walks; choose another one')
    else:
        write_text(path, json.dumps(recipe))


def _make_walk(walk: _Walk) -> None:
    """Render one walk, or the labels that it lacks; folders get their names when they are complete."""
    labels = walk.folder / 'panoptic'
    known = walk.folder.exists()
    if known and (not walk.labels or labels.exists()):
        return
    room = build_room(walk.folder.name, walk.seed, walk.split)
    rng = np.random.default_rng([walk.seed, walk.index, _WALK_STREAM])
    poses = draw_walk(find_free_space(room), rng, walk.frames)
    frames = render(room, poses, intrinsic_matrix(SIZE, rng.uniform(*_FIELD_OF_VIEW)), SIZE, rng)
    temporary = walk.folder.with_name(f'.tmp-{walk.folder.name}')
    shutil.rmtree(temporary, ignore_errors=True)  # left by a run that was killed
    try:
        if not known:
            _write(temporary, frames)
        if walk.labels:
            _write_labels(temporary / 'panoptic', panoptic_maps(room, frames.face))
        if known:
            os.replace(temporary / 'panoptic', labels)
        else:
            os.replace(temporary, walk.folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _write(folder: Path, frames: Frames) -> None:
    for name in ('color', 'depth', 'pose', 'intrinsic'):
        (folder / name).mkdir(parents=True)
    camera = np.eye(4)
    camera[:3, :3] = frames.intrinsic
    (folder / 'intrinsic/intrinsic_depth.txt').write_text(matrix_text(camera))
    millimetres = np.rint(frames.depth * 1000).clip(0, 65535).astype(np.uint16)
    for i, pose in enumerate(frames.camera_to_world):
        (folder / f'color/{i}.jpg').write_bytes(encode_jpeg(frames.color[i]))
        (folder / f'depth/{i}.png').write_bytes(encode_png(millimetres[i], 1))
        (folder / f'pose/{i}.txt').write_text(matrix_text(pose))


def _write_labels(folder: Path, codes: np.ndarray) -> None:
    folder.mkdir(parents=True)
    for i, code in enumerate(codes):
        (folder / f'{i}.png').write_bytes(encode_png(ids_to_colors(code), 1))
