"""Whole floors for tests: rooms of a prepared data set side by side, as dense as one likes."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from uniseg3d.geometry.rotation import transform_points
from uniseg3d.io.arrays import read_bin
from uniseg3d.io.infos import read_infos
from uniseg3d.io.ply import PlyMesh, read_ply, write_ply


@dataclass
class Building:
    """N points with what is true about them."""

    xyz: np.ndarray  # [N, 3] float32 metres
    color: np.ndarray  # [N, 3] uint8
    faces: np.ndarray  # [F, 3]
    semantic: np.ndarray  # [N] nyu40 id, 0 = none
    instance: np.ndarray  # [N] 1, 2, ... over all rooms, 0 = none

    def write(self, path, mesh=True):
        write_ply(path, PlyMesh(self.xyz, self.color, self.faces if mesh else None))


def floor_of_rooms(root, count, columns, split='val', gap=0.3, start=0):
    """``count`` rooms in rows of ``columns``, their walls ``gap`` metres apart."""
    root = Path(root)
    infos = read_infos(root / f'uniseg3d_infos_{split}.json')
    rooms = [_room(root, infos[(start + i) % len(infos)]) for i in range(count)]
    pitch = np.max([np.ptp(room.xyz[:, :2], axis=0) for room in rooms], axis=0) + gap
    parts, points, objects = [], 0, 0
    for number, room in enumerate(rooms):
        room.xyz[:, :2] += np.array([number % columns, number // columns]) * pitch - room.xyz[:, :2].min(0)
        room.faces = room.faces + points
        room.instance = np.where(room.instance > 0, room.instance + objects, 0)
        points, objects = points + len(room.xyz), max(objects, int(room.instance.max()))
        parts.append(room)
    return Building(*(np.concatenate([getattr(room, name) for room in parts]) for name in Building.__dataclass_fields__))


def upsampled(building, count, seed=0, chunk=1_000_000):
    """``count`` points evenly over the triangles, each with colour and labels of the corner it is nearest to; no faces."""
    corners = building.xyz[building.faces]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    rng, edges = np.random.default_rng(seed), np.cumsum(areas / areas.sum())
    xyz, vertex = np.empty((count, 3), np.float32), np.empty(count, np.int64)
    for start in range(0, count, chunk):
        part = slice(start, min(start + chunk, count))
        faces = np.searchsorted(edges, rng.random(part.stop - start)).clip(max=len(areas) - 1)
        weights = rng.dirichlet((1, 1, 1), len(faces))
        xyz[part] = (corners[faces] * weights[..., None]).sum(1)
        vertex[part] = building.faces[faces, weights.argmax(1)]
    none = np.zeros((0, 3), np.int64)
    return Building(xyz, building.color[vertex], none, building.semantic[vertex], building.instance[vertex])


def _room(root, info):
    mesh = read_ply(root / 'scans' / info.scene_id / f'{info.scene_id}_vh_clean_2.ply')
    labels = (read_bin(root / folder / f'{info.scene_id}.bin', np.int64) for folder in ('semantic_mask', 'instance_mask'))
    xyz = transform_points(info.axis_align_matrix, mesh.vertices).astype(np.float32)
    return Building(xyz, mesh.colors, mesh.faces, *labels)
