"""Which colour words the surface of a thing deserves, measured on its triangles."""

from dataclasses import dataclass

import numpy as np

from uniseg3d.rooms.materials import SHADES
from uniseg3d.rooms.scene import Material, Room

DOUBT = 25.0  # a word whose nearest shade is at most this much farther (0..255) than the best one might be used too


@dataclass(frozen=True)
class ColorShares:
    """Share of each thing's surface that has a colour word for certain, and that a person might call so."""

    words: tuple[str, ...]
    sure: np.ndarray  # [O, W] 0..1
    possible: np.ndarray  # [O, W] 0..1

    def of(self, word: str) -> tuple[np.ndarray, np.ndarray]:
        """Sure and possible share of one word, [O] each; zeros for a word that nobody paints with."""
        if word not in self.words:
            nothing = np.zeros(len(self.sure))
            return nothing, nothing
        index = self.words.index(word)
        return self.sure[:, index], self.possible[:, index]


def color_shares(room: Room, object_ids: list[int]) -> ColorShares:
    """Measure the objects ``object_ids`` of ``room``."""
    words = tuple(SHADES)
    far = _word_distances(room.materials)  # [M, W]
    best = far.min(axis=1, keepdims=True)
    area = _areas(room)[object_ids]  # [O, M]
    area = area / np.maximum(area.sum(axis=1, keepdims=True), 1e-9)
    return ColorShares(words, area @ (far == best), area @ (far <= best + DOUBT))


def _word_distances(materials: list[Material]) -> np.ndarray:
    """Distance of each material's mean colour to the nearest shade of each word: [M, W]."""
    mean = np.array([np.add(m.rgb, m.second_rgb) / 2 for m in materials]).reshape(-1, 1, 3)
    return np.stack([np.linalg.norm(mean - np.array(shades), axis=-1).min(axis=1) for shades in SHADES.values()], axis=1)


def _areas(room: Room) -> np.ndarray:
    """Square metres of each object in each material: [ids, M]."""
    corners = room.vertices[room.faces].astype(np.float64)
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
    table = np.zeros((len(room.objects), len(room.materials)))
    np.add.at(table, (room.face_object, room.face_material), area)
    return table
