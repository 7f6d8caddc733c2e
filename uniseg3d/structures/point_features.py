"""Features of some points of a scene: those that a camera saw."""

from dataclasses import dataclass

from torch import Tensor

from uniseg3d.structures.container import Container
from uniseg3d.utils.errors import DataError


@dataclass(eq=False)
class PointFeatures(Container):
    """Features of the M of N points that have one, in ascending order of the points."""

    features: Tensor  # [M, C] float
    seen: Tensor  # [N] bool, M of them true

    def __post_init__(self) -> None:
        self._check('features', (None, None), 'float')
        self._check('seen', (None,), 'bool')
        if len(self.features) != int(self.seen.sum()):
            raise DataError(f'{len(self.features)} features for {int(self.seen.sum())} seen points; expected one for each')

    @property
    def rows(self) -> Tensor:
        """Row of each point in ``features`` [N]; of no use where a point was not seen."""
        return self.seen.long().cumsum(0) - 1

    def scattered(self) -> Tensor:
        """Features of all points [N, C], zeros where there is none."""
        values = self.features.new_zeros(len(self.seen), self.features.shape[1])
        values[self.seen] = self.features
        return values

    def of_points(self, points: Tensor) -> 'PointFeatures':
        """Those of some ``points`` [K] of the scene, in their order."""
        kept = self.seen[points]
        return PointFeatures(self.features[self.rows[points][kept]], kept)
