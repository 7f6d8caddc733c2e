"""A partition of the points of a scene."""

from dataclasses import dataclass

import torch
from torch import Tensor

from uniseg3d.structures.container import Container
from uniseg3d.utils.errors import DataError


@dataclass(eq=False)
class Superpoints(Container):
    """M superpoints over N points: ``ids`` holds 0..M-1 and every id occurs."""

    ids: Tensor  # [N] int64

    def __post_init__(self) -> None:
        self._check('ids', (None,), 'index')
        if len(self.ids) == 0:
            raise DataError('Superpoints.ids is empty; expected one id per point')
        low, high = int(self.ids.min()), int(self.ids.max())
        possible = low >= 0 and high < len(self.ids)  # checked first: counting a wild id would need wild memory
        self.sizes = torch.bincount(self.ids) if possible else self.ids.new_zeros(1)  # [M]
        if not self.sizes.all():
            raise DataError(
                f'Superpoints.ids must use every id from 0 to their maximum, got ids from {low} to {high} with gaps; '
                'relabel them first (uniseg3d.superpoints.relabel)'
            )

    def __len__(self) -> int:
        return len(self.sizes)

    def expand(self, values: Tensor) -> Tensor:
        """Per-superpoint values, last axis M, to per-point values, last axis N."""
        return values[..., self.ids]

    def mean(self, values: Tensor) -> Tensor:
        """Mean over the points of each superpoint: [N, C] or [N] to float [M, C] or [M]."""
        values = values if values.is_floating_point() else values.float()
        total = values.new_zeros(len(self), *values.shape[1:]).index_add_(0, self.ids, values)
        return total / self.sizes.to(values.dtype).reshape(-1, *[1] * (values.ndim - 1))

    def majority(self, masks: Tensor) -> Tensor:
        """Point masks [K, N] to superpoint masks [K, M]: true where more than half of the points are."""
        return self.mean(masks.T.float()).T > 0.5

    @classmethod
    def of_points(cls, count: int) -> 'Superpoints':
        """Every point its own superpoint."""
        return cls(torch.arange(count))
