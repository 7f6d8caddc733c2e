"""A panoptic map of every view of a scene, whose segments are the same in all views."""

from dataclasses import dataclass

from torch import Tensor

from uniseg3d.structures.container import Container
from uniseg3d.utils.errors import DataError


@dataclass(eq=False)
class PanopticViews(Container):
    """V views and S segments; segment s has the id s + 1 in the maps, 0 is void."""

    segments: list[Tensor]  # V x [H, W] int64, 0..S; views may differ in size
    confidence: list[Tensor]  # V x [H, W] float
    labels: Tensor  # [S] int64 class
    scores: Tensor  # [S] float, probability of the class
    queries: Tensor  # [S] int64, which query a segment comes from

    def __post_init__(self) -> None:
        for name in ('segments', 'confidence'):
            self._check_items(name, Tensor)
        if [part.shape for part in self.segments] != [part.shape for part in self.confidence]:
            raise DataError('PanopticViews.confidence: expected maps of the sizes of PanopticViews.segments')
        self._check('labels', (None,), 'index')
        self._check('scores', (len(self.labels),), 'float')
        self._check('queries', (len(self.labels),), 'index')

    def __len__(self) -> int:
        return len(self.segments)

    @property
    def semantic(self) -> list[Tensor]:
        """Class of every pixel, V x [H, W] int64; -1 = void."""
        table = self.labels.new_full((len(self.labels) + 1,), -1)
        table[1:] = self.labels
        return [table[segment] for segment in self.segments]
