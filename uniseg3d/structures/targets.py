"""Ground truth of one scene. Losses and metrics read it; predictions never do."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from uniseg3d.structures.container import Container
from uniseg3d.utils.errors import DataError


@dataclass(eq=False)
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
    text_labels: Tensor  # [T] int64, thing class, -1 = of several classes or none
    text_object_ids: Tensor  # [T] int64, -1 = means several objects or none
    text_objects: Tensor | None = None  # [T, n] bool, instances that a sentence means; None = those of text_object_ids
    text_kinds: list[str] = field(
        default_factory=list
    )  # [T] what a sentence tells its object by, '' = unknown; empty = all unknown
    object_names: list[str] = field(default_factory=list)  # [n] what people call it, '' = unknown; empty = all unknown

    def __post_init__(self) -> None:
        self._check('semantic', (None,), 'index')
        self._check('labels', (None,), 'index')
        self._check('masks', (len(self.labels), None), 'bool')
        self._check('text_masks', (None, self.masks.shape[1]), 'bool')
        points, n, texts = len(self.semantic), len(self.labels), len(self.text_masks)
        for name, size in (('instance', points), ('panoptic', points), ('object_ids', n), ('click_instance', None)):
            self._check(name, (size,), 'index')
        for name in ('text_labels', 'text_object_ids'):
            self._check(name, (texts,), 'index')
        if self.text_objects is not None:
            self._check('text_objects', (texts, n), 'bool')
        for name, size, what in (('text_kinds', texts, 'sentences'), ('object_names', n, 'instances')):
            self._check_items(name, str)
            got = len(getattr(self, name))
            if got not in (0, size):
                raise DataError(f'Targets.{name}: expected one entry for each of {size} {what}, got {got}')
        for name in ('novel_masks', 'semantic_masks'):
            self._check(name, (None, self.masks.shape[1]), 'bool')
        self._check_values('semantic', 0, len(self.semantic_masks))
        self._check_values('instance', -1, n)
        self._check_values('click_instance', 0, n)

    @property
    def text_instances(self) -> Tensor:
        """Instances that each sentence means [T, n] bool; none where the scene has no point of them."""
        return self.text_object_ids[:, None] == self.object_ids if self.text_objects is None else self.text_objects

    @property
    def semantic_superpoints(self) -> Tensor:
        """Majority class of each superpoint [M]; superpoints without a majority are void."""
        return torch.where(self.semantic_masks.any(0), self.semantic_masks.int().argmax(0), len(self.semantic_masks) - 1)
