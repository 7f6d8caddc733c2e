"""Large scenes in tiles: superpoints are shared out once, and each tile also sees those around its own."""

from dataclasses import dataclass

import numpy as np

from uniseg3d.geometry.floor import storey_floors
from uniseg3d.superpoints import relabel

BELOW = 0.15  # metres below a floor that belong to it: floors are not perfectly level


@dataclass
class Tile:
    """m of the M superpoints of a scene."""

    superpoints: np.ndarray  # [m] int64, increasing
    home: np.ndarray  # [m] bool: those whose answers come from this tile; the others are its surroundings


def cut_superpoints(xyz: np.ndarray, superpoints: np.ndarray, size: float, margin: float) -> np.ndarray:
    """Superpoints [n] with those wider than ``margin``, such as floors, cut where tiles meet."""
    count = int(superpoints.max()) + 1
    low, high = np.full((count, 2), np.inf), np.full((count, 2), -np.inf)
    np.minimum.at(low, superpoints, xyz[:, :2])
    np.maximum.at(high, superpoints, xyz[:, :2])
    grid = _Grid.over(xyz, size)
    levels = grid.levels(xyz)
    bottom, top = np.full(count, len(grid.floors)), np.zeros(count, np.int64)
    np.minimum.at(bottom, superpoints, levels)
    np.maximum.at(top, superpoints, levels)
    wide = (((high - low).max(1) > margin) | (bottom < top))[superpoints]
    blocks = grid.blocks(xyz)
    return relabel(superpoints * (blocks.max() + 1) + np.where(wide, blocks, 0))


def plan_tiles(xyz: np.ndarray, superpoints: np.ndarray, size: float, margin: float) -> list[Tile]:
    """Tiles at most ``size`` metres wide over points [n, 3] of ``superpoints`` [n]; each sees ``margin`` metres around it."""
    sizes = np.bincount(superpoints)
    centres = np.stack([np.bincount(superpoints, xyz[:, axis]) / sizes for axis in range(3)], axis=1)  # [M, 3]
    grid = _Grid.over(xyz, size)
    home = grid.blocks(centres)
    tiles = []
    for block in np.unique(home):
        mine = home == block
        low, high = grid.edges(int(block))
        near = ((centres[:, :2] >= low - margin) & (centres[:, :2] <= high + margin)).all(1)
        near &= grid.levels(centres) == block % len(grid.floors)
        seen = np.flatnonzero(near | mine)
        tiles.append(Tile(seen, mine[seen]))
    return tiles


@dataclass(frozen=True)
class _Grid:
    """Equal blocks over the ground of every storey."""

    low: np.ndarray  # [2] float64, corner
    step: np.ndarray  # [2] width of a block
    counts: np.ndarray  # [2] blocks along x and y
    floors: np.ndarray  # [S] heights where storeys begin

    @classmethod
    def over(cls, xyz: np.ndarray, size: float) -> '_Grid':
        """Blocks at most ``size`` wide over points [n, 3]."""
        low, high = xyz[:, :2].min(0).astype(np.float64), xyz[:, :2].max(0)
        counts = np.maximum(np.ceil((high - low) / size), 1).astype(np.int64)
        return cls(low, np.maximum((high - low) / counts, 1e-9), counts, storey_floors(xyz[:, 2]))

    def blocks(self, points: np.ndarray) -> np.ndarray:
        """Block of each of ``points`` [n, 3]."""
        cells = np.floor((points[:, :2] - self.low) / self.step).astype(np.int64).clip(0, self.counts - 1)
        return (cells[:, 0] * self.counts[1] + cells[:, 1]) * len(self.floors) + self.levels(points)

    def levels(self, points: np.ndarray) -> np.ndarray:
        """Storey of each of ``points`` [n, 3]."""
        return np.searchsorted(self.floors - BELOW, points[:, 2], side='right') - 1

    def edges(self, block: int) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper corner [2] of a block."""
        corner = self.low + self.step * np.array(divmod(block // len(self.floors), int(self.counts[1])))
        return corner, corner + self.step
