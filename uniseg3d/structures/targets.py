"""Ground truth of one scene. Losses and metrics read it; predictions never do."""

from dataclasses import dataclass

import torch
from torch import Tensor

from uniseg3d.structures.container import Container


@dataclass
class Targets(Container):
    """N points, M superpoints, C semantic classes (label C = void), n instances, u novel masks, K clicks, T sentences."""

    semantic: Tensor  # [N] int64, 0..C
    instance: Tensor  # [N] int64, 0..n-1, -1 = no instance
    panoptic: Tensor  # [N] int64, stuff class id for stuff, instance + number of stuff classes for things, -1 = void
    labels: Tensor  # [n] int64, thing class of each instance, 0..things-1
    object_ids: Tensor  # [n] int64, the data set's own object ids
    masks: Tensor  # [n, M] bool
    novel_masks: Tensor  # [u, M] bool, class-agnostic pseudo masks of objects nobody annotated
    semantic_masks: Tensor  # [C + 1, M] bool, the last row is void
    click_instance: Tensor  # [K] int64, instance that click prompt k means
    text_masks: Tensor  # [T, M] bool
    text_labels: Tensor  # [T] int64, thing class
    text_object_ids: Tensor  # [T] int64

    def __post_init__(self) -> None:
        n, m = len(self.labels), self.masks.shape[-1]
        self._check('semantic', (None,), integer=True)
        self._check('instance', (len(self.semantic),), integer=True)
        self._check('panoptic', (len(self.semantic),), integer=True)
        self._check('labels', (None,), integer=True)
        self._check('object_ids', (n,), integer=True)
        self._check('masks', (n, None), integer=True)
        self._check('novel_masks', (None, m), integer=True)
        self._check('semantic_masks', (None, m), integer=True)
        self._check('click_instance', (None,), integer=True)
        self._check('text_masks', (None, m), integer=True)
        self._check('text_labels', (len(self.text_masks),), integer=True)
        self._check('text_object_ids', (len(self.text_masks),), integer=True)

    @property
    def semantic_superpoints(self) -> Tensor:
        """Majority class of each superpoint [M]; superpoints without a majority are void."""
        return torch.where(self.semantic_masks.any(0), self.semantic_masks.int().argmax(0), len(self.semantic_masks) - 1)
