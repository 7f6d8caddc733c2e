"""Features of pixels as features of points: the mean over all views that show a point."""

from collections.abc import Iterable

import torch
from torch import Tensor

from uniseg3d.geometry.projection import Sightings
from uniseg3d.structures.point_features import PointFeatures
from uniseg3d.utils.errors import DataError


class ViewAverage:
    """Sums the pixels of one view after the other; sums are float32, whatever the pixels are."""

    def __init__(self, sightings: Sightings, channels: int) -> None:
        self.sightings = sightings
        device = sightings.point.device
        self.total = torch.zeros(sightings.points, channels, device=device)  # [N, C]
        self.count = torch.zeros(sightings.points, device=device)  # [N]

    def add(self, view: int, features: Tensor) -> None:
        """Features [C, H, W] of one view; of another than the views' own size they would land on wrong points."""
        seen = self.sightings.of(view)
        if features.shape[0] != self.total.shape[1]:
            raise DataError(f'view {view} has {features.shape[0]} channels, expected {self.total.shape[1]}')
        values = features.permute(1, 2, 0)[seen.row, seen.column].float()  # [S, C]; a point occurs once in a view
        bad = ~values.isfinite().all(1)
        if bad.any():
            raise DataError(f'view {view}: {int(bad.sum())} pixels have features that are not finite; leave this view out')
        self.total.index_add_(0, seen.point, values)
        self.count[seen.point] += 1

    def mean(self, only: Tensor | None = None) -> PointFeatures:
        """The means, of the points in ``only`` [N] bool if given.

        A point that was seen only in views that were not added has a feature of zeros: so two experts that skip different
        views still describe the same points, row by row.
        """
        seen = self.sightings.seen()
        if only is not None:
            seen = seen & only
        means = self.total[seen] / self.count[seen].clamp(min=1e-5)[:, None]
        return PointFeatures(means.half(), seen)


def lift_features(maps: Iterable[tuple[int, Tensor]], sightings: Sightings, channels: int) -> PointFeatures:
    """Means of ``maps``, pairs of a view and its features [C, H, W]; views may be missing."""
    average = ViewAverage(sightings, channels)
    for view, features in maps:
        average.add(view, features)
    return average.mean()
