"""Upright oriented boxes and which of them overlap."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Boxes:
    """N boxes that stand upright: rectangles turned about z, between two heights. Metres, radians."""

    center: np.ndarray  # [N, 2]
    half: np.ndarray  # [N, 2] half extents along the box's own axes
    yaw: np.ndarray  # [N]
    low: np.ndarray  # [N]
    high: np.ndarray  # [N]

    def __len__(self) -> int:
        return len(self.yaw)

    def corners(self) -> np.ndarray:
        """Corners of the rectangles, counter-clockwise, [N, 4, 2]."""
        signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
        return self.center[:, None] + np.einsum('nik,nsk->nsi', _axes(self.yaw), signs * self.half[:, None])

    def grown(self, margin: float) -> 'Boxes':
        """Rectangles enlarged by ``margin`` on every side; heights stay."""
        return Boxes(self.center, self.half + margin, self.yaw, self.low, self.high)

    def __getitem__(self, rows: np.ndarray | slice) -> 'Boxes':
        return Boxes(self.center[rows], self.half[rows], self.yaw[rows], self.low[rows], self.high[rows])


def box_at(
    center: tuple[float, float], size: tuple[float, float], yaw: float = 0.0, low: float = 0.0, high: float = 9.0
) -> Boxes:
    """A single box from its full extents."""
    return Boxes(np.array([center], float), np.array([size], float) / 2, np.array([yaw]), np.array([low]), np.array([high]))


def stack(groups: list[Boxes]) -> Boxes:
    """All boxes of several groups."""
    if not groups:
        return Boxes(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0), np.zeros(0), np.zeros(0))
    return Boxes(
        *(np.concatenate([getattr(group, name) for group in groups]) for name in ('center', 'half', 'yaw', 'low', 'high'))
    )


def overlap(a: Boxes, b: Boxes, tolerance: float = 0.002) -> np.ndarray:
    """Which boxes share more than ``tolerance`` metres in every direction, [N, M] bool (separating axes)."""
    together = (np.minimum(a.high[:, None], b.high) - np.maximum(a.low[:, None], b.low)) > tolerance
    if not together.any():
        return together
    axes_a, axes_b = _axes(a.yaw), _axes(b.yaw)
    between = b.center[None] - a.center[:, None]  # [N, M, 2]
    mixed = np.abs(np.einsum('nik,mil->nmkl', axes_a, axes_b))  # [N, M, 2, 2] cosines between the axes
    on_a = np.abs(np.einsum('nmi,nik->nmk', between, axes_a)) + tolerance
    on_b = np.abs(np.einsum('nmi,mik->nmk', between, axes_b)) + tolerance
    reach_a = a.half[:, None] + np.einsum('nmkl,ml->nmk', mixed, b.half)
    reach_b = b.half[None] + np.einsum('nmkl,nk->nml', mixed, a.half)
    return together & (on_a < reach_a).all(2) & (on_b < reach_b).all(2)


def contains(boxes: Boxes, points: np.ndarray) -> np.ndarray:
    """Which points [P, 2] lie in which rectangles, [N, P] bool."""
    local = np.einsum('npi,nik->npk', points[None] - boxes.center[:, None], _axes(boxes.yaw))
    return (np.abs(local) <= boxes.half[:, None]).all(2)


def _axes(yaw: np.ndarray) -> np.ndarray:
    """Columns are the box axes, [N, 2, 2]."""
    cos, sin = np.cos(yaw), np.sin(yaw)
    return np.stack([np.stack([cos, -sin], 1), np.stack([sin, cos], 1)], 1)
