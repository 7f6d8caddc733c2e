"""The scene that convolutions and superpoints are timed on: a noisy scan of a box room with furniture and balls."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from uniseg3d.ops.sparse import Level
from uniseg3d.utils.files import atomic_path

VOXEL = 0.02  # metres
PER_CELL = 1.6  # samples per voxel face: dense enough that surfaces are closed
NOISE = 0.003  # metres
TOLERANCE = 0.01  # of the number of voxels
YAW, TILT = 0.3, 0.02  # radians: no surface lies along the grid
FOLDER = Path('work_dirs/benchmark')


@dataclass
class Room:
    """V occupied voxels in random order, and one measured point in each."""

    voxels: np.ndarray  # [V, 3] int32
    xyz: np.ndarray  # [V, 3] float32, metres

    def coords(self, device: str = 'cpu', morton: bool = True) -> torch.Tensor:
        """Coordinates int32 [V, 4] (scene, x, y, z), in Morton order or at random."""
        coords = torch.nn.functional.pad(torch.from_numpy(self.voxels), (1, 0))
        return (coords[Level(coords).morton_order()] if morton else coords).to(device).contiguous()


def room(count: int, seed: int = 0) -> Room:
    """Room of ``count`` voxels, within 1 %; the same for the same arguments. Kept in ``FOLDER``: larger ones take seconds."""
    path = FOLDER / f'room_{count}_{seed}.npz'
    if path.exists():
        with np.load(path) as stored:
            return Room(stored['voxels'], stored['xyz'])
    made = _search(count, seed)
    with atomic_path(path) as temporary, open(temporary, 'wb') as file:
        np.savez(file, voxels=made.voxels, xyz=made.xyz)
    return made


def _search(count: int, seed: int) -> Room:
    low, high = 0.02, 5.0
    for _ in range(30):
        scale = (low * high) ** 0.5
        made = _voxelized(_scan(scale, np.random.default_rng(seed)))
        if abs(len(made.voxels) - count) <= TOLERANCE * count:
            break
        low, high = (scale, high) if len(made.voxels) < count else (low, scale)
    order = np.random.default_rng(seed + 1).permutation(len(made.voxels))
    return Room(made.voxels[order], made.xyz[order])


def _voxelized(xyz: np.ndarray) -> Room:
    cells = np.floor((xyz - xyz.min(0)) / VOXEL).astype(np.int64)
    keys = np.ravel_multi_index(tuple(cells.T), tuple(cells.max(0) + 1))
    first = np.unique(keys, return_index=True)[1]
    return Room(cells[first].astype(np.int32), xyz[first].astype(np.float32))


def _scan(scale: float, rng: np.random.Generator) -> np.ndarray:
    """Noisy, rotated samples [N, 3] of all surfaces of a room of 4 by 3.4 times ``scale`` metres."""
    extent = np.array([4.0 * scale, 3.4 * scale, 2.4 * min(1.0, scale**0.5)])
    x, y, z = np.diag(extent)
    corner = np.zeros(3)
    parts = [_sheet(rng, *sheet) for sheet in ((corner, x, y), (corner, x, z), (y, x, z), (corner, y, z), (x, y, z))]
    boxes = int(10 * scale**2) + 4
    parts += [_box(rng, extent, min(1.0, scale)) for _ in range(boxes)]
    parts += [_ball(rng, extent, min(1.0, scale)) for _ in range(boxes // 2)]
    xyz = np.concatenate(parts)
    xyz += rng.normal(0, NOISE, xyz.shape)
    (cy, sy), (ct, st) = ((np.cos(a), np.sin(a)) for a in (YAW, TILT))
    turn = np.array([[1, 0, 0], [0, ct, -st], [0, st, ct]]) @ np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]])
    return xyz @ turn.T


def _sheet(rng: np.random.Generator, corner: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    count = int(PER_CELL * np.linalg.norm(np.cross(u, v)) / VOXEL**2)
    return corner + rng.random((count, 1)) * u + rng.random((count, 1)) * v


def _box(rng: np.random.Generator, extent: np.ndarray, scale: float) -> np.ndarray:
    """Top and four sides of a box that stands on the floor, turned at random."""
    width, depth, height = rng.uniform((0.3, 0.3, 0.3), (1.2, 0.9, 1.2)) * scale
    yaw = rng.uniform(0, 2 * np.pi)
    u, v = np.array([np.cos(yaw), np.sin(yaw), 0]) * width, np.array([-np.sin(yaw), np.cos(yaw), 0]) * depth
    up = np.array([0, 0, height])
    corner = np.array([*rng.uniform((0, 0), extent[:2]), 0]) - (u + v) / 2
    sheets = ((corner + up, u, v), (corner, u, up), (corner + v, u, up), (corner, v, up), (corner + u, v, up))
    return np.concatenate([_sheet(rng, *sheet) for sheet in sheets])


def _ball(rng: np.random.Generator, extent: np.ndarray, scale: float) -> np.ndarray:
    radius = rng.uniform(0.08, 0.30) * scale
    directions = rng.normal(size=(int(PER_CELL * 4 * np.pi * radius**2 / VOXEL**2), 3))
    centre = np.array([*rng.uniform((0, 0), extent[:2]), rng.uniform(radius, extent[2])])
    return centre + radius * directions / np.linalg.norm(directions, axis=1, keepdims=True)
