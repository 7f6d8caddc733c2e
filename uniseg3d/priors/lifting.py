"""Features of pixels as features of points: the mean over all views that show a point."""

from collections.abc import Iterable

import torch
from torch import Tensor

from uniseg3d.geometry.projection import Sightings
from uniseg3d.priors.pixel_experts import DenseMap, IndexedMap, PixelMap, cell_of
from uniseg3d.structures.point_features import PointFeatures
from uniseg3d.utils.errors import DataError


class ViewAverage:
    """Sums the pixels of one view after the other; sums are float32, whatever the pixels are.

    Args:
        size: rows and columns of the photos, where maps of another size may come.
    """

    def __init__(self, sightings: Sightings, channels: int, size: tuple[int, int] | None = None) -> None:
        self.sightings, self.size = sightings, size
        device = sightings.point.device
        self.total = torch.zeros(sightings.points, channels, device=device)  # [N, C]
        self.count = torch.zeros(sightings.points, device=device)  # [N]
        self._said: dict[int, tuple[Tensor, list[Tensor]]] = {}  # tables, and which point was given which row

    def add(self, view: int, features: Tensor | PixelMap) -> None:
        """What one view says: features [C, H, W], or a map; without ``size`` it must have the size of the photos."""
        shown = features if isinstance(features, DenseMap | IndexedMap) else DenseMap(features)
        seen = self.sightings.of(view)
        width = len(shown.features) if isinstance(shown, DenseMap) else shown.table.shape[1]
        if width != self.total.shape[1]:
            raise DataError(f'view {view} has {width} channels, expected {self.total.shape[1]}')
        cells = cell_of(seen.row, seen.column, self.size or shown.size, shown.size)
        if isinstance(shown, IndexedMap):
            self._remember(shown, seen.point, cells)
        else:
            self._add_up(view, shown, seen.point, cells)
        self.count[seen.point] += 1  # a point occurs once in a view

    def _add_up(self, view: int, shown: DenseMap, points: Tensor, cells: Tensor) -> None:
        cells, order = cells.sort()  # neighbours in memory, one after the other: half the time
        values = shown.at(cells).float()  # [S, C]
        bad = ~values.isfinite().all(1)
        if bad.any():
            raise DataError(f'view {view}: {int(bad.sum())} pixels have features that are not finite; leave this view out')
        self.total.index_add_(0, points[order], values)

    def _remember(self, shown: IndexedMap, points: Tensor, cells: Tensor) -> None:
        """Rows of tables are counted, and looked up once at the end."""
        rows = shown.ids.flatten()[cells]
        known = rows >= 0
        table, pairs = self._said.setdefault(id(shown.table), (shown.table, []))
        pairs.append(points[known] * len(table) + rows[known])

    def _settle(self) -> None:
        for table, pairs in self._said.values():
            if not table.isfinite().all():
                raise DataError('an expert has sentences with features that are not finite')
            cell, times = torch.unique(torch.cat(pairs), return_counts=True)
            values = table.float()[cell % len(table)] * times[:, None]
            self.total.index_add_(0, cell.div(len(table), rounding_mode='floor'), values)
        self._said.clear()

    def mean(self, only: Tensor | None = None) -> PointFeatures:
        """The means, of the points in ``only`` [N] bool if given.

        A point that was seen only in views that were not added has a feature of zeros: so two experts that skip different
        views still describe the same points, row by row.
        """
        self._settle()
        seen = self.sightings.seen()
        if only is not None:
            seen = seen & only
        means = self.total[seen] / self.count[seen].clamp(min=1e-5)[:, None]
        return PointFeatures(means.half(), seen)


def lift_features(maps: Iterable[tuple[int, Tensor | PixelMap]], sightings: Sightings, channels: int) -> PointFeatures:
    """Means of ``maps``, pairs of a view and its features [C, H, W] or map; views may be missing."""
    average = ViewAverage(sightings, channels)
    for view, features in maps:
        average.add(view, features)
    return average.mean()
