"""What lifting, measuring and fusing ask of a network that looks at single photos."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from uniseg3d.utils.errors import DataError


@dataclass(frozen=True, eq=False)
class Photo:
    """One picture of a scene; experts that read what others computed find it by its names."""

    image: Tensor  # [H, W, 3] uint8
    scene_id: str
    name: str  # number of the frame
    folder: Path  # that holds color/<name>.jpg and what goes with it

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return (self.image.shape[0], self.image.shape[1])


@dataclass(frozen=True, eq=False)
class DenseMap:
    """A feature for every cell of a photo; cells divide it evenly."""

    features: Tensor  # [C, h, w]

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of cells."""
        return (self.features.shape[1], self.features.shape[2])

    def at(self, cells: Tensor) -> Tensor:
        """Features [S, C] of cells [S], counted row by row."""
        return self.features.flatten(1).index_select(1, cells).T

    def classes(self, texts: Tensor) -> Tensor:
        """Nearest of ``texts`` [K, C] at each cell [h, w]."""
        return torch.einsum('chw,kc->khw', self.features.float(), texts.float()).argmax(0)


@dataclass(frozen=True, eq=False)
class IndexedMap:
    """A row of a table for every cell of a photo, -1 = no feature: a map of sentences costs kilobytes."""

    ids: Tensor  # [h, w] int64
    table: Tensor  # [T, C]

    def __post_init__(self) -> None:
        if self.ids.numel() and not -1 <= int(self.ids.min()) <= int(self.ids.max()) < len(self.table):
            raise DataError(f'a map holds rows {int(self.ids.min())}..{int(self.ids.max())} of a table of {len(self.table)}')

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of cells."""
        return (self.ids.shape[0], self.ids.shape[1])

    def at(self, cells: Tensor) -> Tensor:
        """Features [S, C] of cells [S], counted row by row; zeros where there is none."""
        rows = self.ids.flatten()[cells]
        return self.table[rows.clamp(min=0)] * (rows >= 0)[:, None]

    def classes(self, texts: Tensor) -> Tensor:
        """Nearest of ``texts`` [K, C] at each cell [h, w]; without a feature the first, as products with zeros have it."""
        nearest = (self.table.float() @ texts.float().T).argmax(1)
        return torch.where(self.ids >= 0, nearest[self.ids.clamp(min=0)], 0)


PixelMap = DenseMap | IndexedMap


class PixelExpert(Protocol):
    """Photos to features in a space of texts."""

    def describe(self, photos: Sequence[Photo]) -> Sequence[PixelMap | None]:
        """A map for each photo; None where the expert has nothing to say: its points still count as seen."""
        ...


def cell_of(row: Tensor, column: Tensor, size: tuple[int, int], cells: tuple[int, int]) -> Tensor:
    """Cell that a pixel of a photo of ``size`` falls into, counted row by row."""
    if size == cells:
        return row * cells[1] + column
    return (row * cells[0]).div(size[0], rounding_mode='floor') * cells[1] + (column * cells[1]).div(
        size[1], rounding_mode='floor'
    )
