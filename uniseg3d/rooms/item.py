"""One piece of furniture: its shape, its paint and where it stands."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.random import Generator

from uniseg3d.rooms.collision import Boxes
from uniseg3d.rooms.furniture import Part, Variant
from uniseg3d.rooms.materials import Paint


@dataclass(eq=False)
class Item:
    """A built variant. The pose is set by placement; boxes are then in world coordinates."""

    variant: Variant
    raw_category: str | None
    parts: list[Part]
    paint: Paint
    size: tuple[float, float, float]  # nominal depth, width, height
    x: float = 0.0
    y: float = 0.0
    z: float = 0.0
    yaw: float = 0.0
    support: 'Item | int | None' = None  # another item, the object id of a surface, or unknown yet
    object_id: int = -1

    @cached_property
    def bounds(self) -> np.ndarray:
        """Corners of every solid piece in the item's own frame, [S, 2, 3]."""
        return np.concatenate([part.mesh.piece_bounds for part in self.parts])

    @cached_property
    def extent(self) -> np.ndarray:
        """Corners of the whole item in its own frame, [2, 3]."""
        return np.stack([self.bounds[:, 0].min(0), self.bounds[:, 1].max(0)])

    def at(self, point: np.ndarray | tuple[float, float], yaw: float, z: float = 0.0) -> 'Item':
        """Set the pose; returns the item itself."""
        self.x, self.y, self.z, self.yaw = float(point[0]), float(point[1]), z, yaw
        return self

    def world(self, x: float, y: float) -> np.ndarray:
        """World position of a point of the item's own floor plan, [2]."""
        cos, sin = np.cos(self.yaw), np.sin(self.yaw)
        return np.array([self.x + cos * x - sin * y, self.y + sin * x + cos * y])

    def matrix(self) -> np.ndarray:
        """Transform from the item's frame to the world, [4, 4]."""
        cos, sin = np.cos(self.yaw), np.sin(self.yaw)
        return np.array([[cos, -sin, 0, self.x], [sin, cos, 0, self.y], [0, 0, 1, self.z], [0, 0, 0, 1]])

    def hull(self) -> Boxes:
        """The one box around the item."""
        return self._boxes(self.extent[None])

    def solids(self) -> Boxes:
        """A box around each of its solid pieces."""
        return self._boxes(self.bounds)

    def vertices(self) -> np.ndarray:
        """World corners of all triangles, in the order of the parts, [V, 3]."""
        local = np.concatenate([part.mesh.vertices for part in self.parts])
        return local @ self.matrix()[:3, :3].T + (self.x, self.y, self.z)

    def _boxes(self, bounds: np.ndarray) -> Boxes:
        middle, half = bounds.mean(1), (bounds[:, 1] - bounds[:, 0]) / 2
        cos, sin = np.cos(self.yaw), np.sin(self.yaw)
        center = np.stack([cos * middle[:, 0] - sin * middle[:, 1], sin * middle[:, 0] + cos * middle[:, 1]], 1)
        low, high = bounds[:, 0, 2] + self.z, bounds[:, 1, 2] + self.z
        return Boxes(center + (self.x, self.y), half[:, :2], np.full(len(bounds), self.yaw), low, high)


def make_item(rng: Generator, variant: Variant, d: float = 0.0, w: float = 0.0, h: float = 0.0) -> Item:
    """Draw size, name and paint of a variant; a given depth, width or height (metres) is kept."""
    d, w, h = d or rng.uniform(*variant.depth), w or rng.uniform(*variant.width), h or rng.uniform(*variant.height)
    raw = variant.raw_categories[rng.integers(len(variant.raw_categories))]
    typical = variant.colors if variant.colors and rng.random() < 0.35 else ()
    return Item(variant, raw, variant.shape(rng, d, w, h), Paint(rng, typical), (d, w, h))


def twin(rng: Generator, item: Item, same_paint: bool) -> Item:
    """Another piece of the same set: same shape and size, maybe painted differently."""
    paint = item.paint if same_paint else Paint(rng)
    return replace(item, paint=paint, support=None)
