"""Scans, photos and damaged files to ask about."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from uniseg3d.io.ply import PlyMesh, write_ply
from uniseg3d.rooms.build import build_room
from uniseg3d.rooms.make_walks import make_walks
from uniseg3d.rooms.scan import scan_room

FRAMES = 4


@dataclass(frozen=True)
class Material:
    """Files in one folder. The scans are of different rooms, so that answers cannot be mistaken for each other."""

    scans: list[Path]
    places: list[list[tuple[float, float, float]]]  # points of each scan to click on
    photos: Path  # a folder of them
    damaged: list[Path]


def make_material(folder: Path, rooms: int = 2) -> Material:
    """The same files every time."""
    scans, places = [], []
    for number in range(rooms):
        _, scan = scan_room(build_room(f'room80{number:02d}_00', number, 'val'), np.random.default_rng(number))
        scans.append(folder / f'room{number}.ply')
        write_ply(scans[-1], PlyMesh(scan.vertices.astype(np.float32), scan.colors, scan.faces))
        rows = np.linspace(0, len(scan.vertices) - 1, 5).astype(int)[1:4]
        places.append([tuple(map(float, scan.vertices[row])) for row in rows])
    make_walks(folder / 'walks', 0, 1, FRAMES, seed=5)
    return Material(scans, places, next((folder / 'walks' / 'frames').glob('*/color')), _damage(folder, scans[0]))


def _damage(folder: Path, scan: Path) -> list[Path]:
    """What transfers and exporters leave: half a file, no point, no finite point, another format under this name."""
    whole = scan.read_bytes()
    nothing = np.zeros((0, 3), np.float32)
    contents = {'half.ply': whole[: len(whole) // 2], 'photo.ply': b'\xff\xd8\xff\xe0' + whole[:2000]}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    write_ply(folder / 'empty.ply', PlyMesh(nothing))
    write_ply(folder / 'nan.ply', PlyMesh(np.full((50, 3), np.nan, np.float32)))
    return [folder / name for name in (*contents, 'empty.ply', 'nan.ply')]
