"""Small rooms made of plain boxes, where everybody can see what is true."""

from dataclasses import dataclass

import numpy as np

from uniseg3d.rooms.materials import SHADES
from uniseg3d.rooms.scene import Material, Room, RoomObject, RoomScan
from uniseg3d.rooms.shapes import box, join

VARIANTS = {
    'chair': 'four-leg chair',
    'armchair': 'armchair',
    'office chair': 'office chair',
    'table': 'rectangular table',
    'desk': 'frame desk',
    'bed': 'headboard bed',
    'couch': 'padded sofa',
    'cabinet': 'door cabinet',
    'counter': 'straight counter',
    'sink': 'oval sink',
    'picture': 'framed picture',
    'trash can': 'bin',
    'monitor': 'monitor',
    None: 'vase',
}


@dataclass
class Thing:
    """A box: raw category, middle of its underside, depth, width and height in metres."""

    raw: str | None
    at: tuple[float, float, float]
    size: tuple[float, float, float] = (0.5, 0.5, 0.8)
    color: str | None = None
    yaw: float = 0.0
    on: int | None = None  # position in the list of things


def hand_made_room(things: list[Thing], size: tuple[float, float] = (6.0, 5.0), name: str = 'room0000_00') -> Room:
    """A rectangular room from (0, 0) to ``size``; object 0 is the floor, thing k is object k + 1."""
    floor = Thing('floor', (size[0] / 2, size[1] / 2, -0.1), (*size, 0.1), 'brown')
    meshes = [box(t.size, (0, 0, 0)).turned(t.yaw).moved(*t.at) for t in (floor, *things)]
    objects = [_object(i, t, mesh.bounds) for i, (t, mesh) in enumerate(zip((floor, *things), meshes, strict=True))]
    whole = join(meshes)
    counts = [len(mesh.faces) for mesh in meshes]
    owner = np.repeat(np.arange(len(meshes)), counts).astype(np.int32)
    colors = [SHADES[t.color or 'grey'][0] for t in (floor, *things)]
    outline = np.array([[0, 0], [size[0], 0], size, [0, size[1]]], dtype=float)
    return Room(
        name=name,
        split='train',
        seed=0,
        outline=[outline],
        height=2.5,
        has_ceiling=False,
        vertices=whole.vertices.astype(np.float32),
        faces=whole.faces.astype(np.int32),
        face_object=owner,
        face_material=owner,
        face_frame=np.zeros(len(owner), dtype=np.int32),
        frames=np.eye(4, dtype=np.float32)[None],
        materials=[Material(color, color) for color in colors],
        objects=objects,
    )


def _object(index: int, thing: Thing, bounds: np.ndarray) -> RoomObject:
    variant = VARIANTS.get(thing.raw, str(thing.raw))
    supporter = 0 if thing.on is None else thing.on + 1
    return RoomObject(
        index, thing.raw, variant, thing.color, None, thing.yaw, bounds.astype(np.float32), supporter if index else None
    )


def all_seen(room: Room) -> dict[int, int]:
    """Every object with plenty of scan vertices."""
    return {o.object_id: 200 for o in room.objects}


def hand_made_scan(room: Room, spacing: float = 0.04) -> RoomScan:
    """Points on a grid over the upper face of every box and half-way down: enough to cut masks from."""
    points, owner = [], []
    for thing in room.objects:
        low, high = thing.box
        axes = [np.arange(a, b, spacing) for a, b in zip(low[:2], high[:2], strict=True)]
        grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
        for z in (low[2] + high[2]) / 2, high[2]:
            points.append(np.column_stack([grid, np.full(len(grid), z)]))
            owner.append(np.full(len(grid), thing.object_id))
    vertices = np.concatenate(points).astype(np.float32)
    colors = np.full((len(vertices), 3), 128, dtype=np.uint8)
    return RoomScan(vertices, colors, np.zeros((0, 3), dtype=np.int32), np.concatenate(owner).astype(np.int32), 0.1)
