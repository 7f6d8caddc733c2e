"""What queries found in the views of one scene: segments, and the masks that they come from."""

from dataclasses import dataclass

import torch
from torch import Tensor

from uniseg3d.structures.container import Container


@dataclass(eq=False)
class VideoSegments(Container):
    """V views and K queries that own pixels; queries of one kind of stuff share a segment."""

    maps: Tensor  # [V, H, W] int64 segment id; 0 = none, -1 everywhere = no query was sure of anything
    ids: Tensor  # [K] int64 segment of each query, from 1 on
    labels: Tensor  # [K] int64 class
    scores: Tensor  # [K] float probability of that class
    queries: Tensor  # [K] int64 which queries they are
    masks: Tensor  # [K, V, H, W] float probability that a pixel belongs to the query
    classes: Tensor  # [K, C + 1] float probabilities; the last = no object

    def __post_init__(self) -> None:
        self._check('maps', (None, None, None), 'index')
        self._check('masks', (len(self), *self.maps.shape), 'float')
        self._check('classes', (len(self), None), 'float')
        for name, kind in (('ids', 'index'), ('labels', 'index'), ('queries', 'index'), ('scores', 'float')):
            self._check(name, (len(self),), kind)

    def __len__(self) -> int:
        return len(self.masks)

    def semantic_maps(self) -> Tensor:
        """Class of every pixel [V, H, W] int64; -1 = of no segment."""
        table = self.labels.new_full((int(self.ids.max()) + 1 if len(self) else 1,), -1)
        table[self.ids] = self.labels
        return torch.where(self.maps > 0, table[self.maps.clamp(min=0)], -1)
