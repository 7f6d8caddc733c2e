"""Collects objects into the flat arrays of a ``Room``."""

from dataclasses import dataclass, field
from functools import cache

import numpy as np

from uniseg3d.rooms.furniture import VARIANTS
from uniseg3d.rooms.item import Item
from uniseg3d.rooms.scene import Material, Room, RoomObject
from uniseg3d.rooms.shapes import Mesh

SMALL, LARGE = 0.78, 1.25  # ratio to the usual size of a class from which people would say so
NAMED_SHARE = 0.55  # share of an object's surface that a colour must have to name the object's colour


@dataclass
class Assembly:
    """A room in the making. Objects are added in the order of their ids."""

    objects: list[RoomObject] = field(default_factory=list)
    materials: list[Material] = field(default_factory=list)
    frames: list[np.ndarray] = field(default_factory=list)
    _vertices: list[np.ndarray] = field(default_factory=list)
    _faces: list[np.ndarray] = field(default_factory=list)
    _face_rows: list[np.ndarray] = field(default_factory=list)  # [F, 3] object, material, frame
    _vertex_count: int = 0

    def add_surface(self, raw_category: str, mesh: Mesh, material: Material, color_name: str, frame: np.ndarray) -> None:
        """A floor, wall or ceiling, in world coordinates; ``frame``: world to texture, [4, 4]."""
        box = mesh.bounds.astype(np.float32)
        self.objects.append(RoomObject(len(self.objects), raw_category, raw_category, color_name, None, 0.0, box))
        self.frames.append(frame)
        self._add_mesh(mesh.vertices, mesh.faces, material)

    def add_item(self, item: Item) -> None:
        """A placed piece of furniture."""
        vertices = item.vertices()
        box = np.stack([vertices.min(0), vertices.max(0)]).astype(np.float32)
        support = item.support.object_id if isinstance(item.support, Item) else item.support
        made = RoomObject(
            len(self.objects), item.raw_category, item.variant.name, color_name(item), size_name(item), item.yaw, box, support
        )
        self.objects.append(made)
        self.frames.append(np.linalg.inv(item.matrix()))
        start = 0
        for part in item.parts:
            stop = start + len(part.mesh.vertices)
            self._add_mesh(vertices[start:stop], part.mesh.faces, item.paint[part.slot][1])
            start = stop

    def finish(self, name: str, split: str, seed: int, outline: list[np.ndarray], height: float, has_ceiling: bool) -> Room:
        """The completed room."""
        rows = np.concatenate(self._face_rows).astype(np.int32)
        return Room(
            name=name,
            split=split,
            seed=seed,
            outline=outline,
            height=height,
            has_ceiling=has_ceiling,
            vertices=np.concatenate(self._vertices).astype(np.float32),
            faces=np.concatenate(self._faces).astype(np.int32),
            face_object=rows[:, 0].copy(),
            face_material=rows[:, 1].copy(),
            face_frame=rows[:, 2].copy(),
            frames=np.stack(self.frames).astype(np.float32),
            materials=self.materials,
            objects=self.objects,
        )

    def _add_mesh(self, vertices: np.ndarray, faces: np.ndarray, material: Material) -> None:
        row = next((i for i, known in enumerate(self.materials) if known is material), len(self.materials))
        if row == len(self.materials):
            self.materials.append(material)
        self._vertices.append(vertices)
        self._faces.append(faces + self._vertex_count)
        self._face_rows.append(np.tile((len(self.objects) - 1, row, len(self.frames) - 1), (len(faces), 1)))
        self._vertex_count += len(vertices)


def color_name(item: Item) -> str | None:
    """The word for the colour that covers most of an item, if one does."""
    shares: dict[str, float] = {}
    for part in item.parts:
        word = item.paint[part.slot][0]
        shares[word] = shares.get(word, 0.0) + _area(part.mesh)
    word = max(shares, key=lambda key: shares[key])
    return word if shares[word] > NAMED_SHARE * sum(shares.values()) else None


def size_name(item: Item) -> str | None:
    """'small' or 'large' if an item clearly is, among its class."""
    ratio = float(np.prod(item.size) ** (1 / 3)) / _usual_size(item.variant.kind)
    return 'small' if ratio < SMALL else 'large' if ratio > LARGE else None


@cache
def _usual_size(kind: str) -> float:
    return float(np.median([variant.usual_size for variant in VARIANTS[kind] if 'train' in variant.splits]))


def _area(mesh: Mesh) -> float:
    a, b, c = mesh.vertices[mesh.faces].transpose(1, 0, 2)
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)
