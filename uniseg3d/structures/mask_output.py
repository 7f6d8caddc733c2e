"""What one prediction head of a mask transformer says about the queries of one scene."""

from dataclasses import dataclass

from torch import Tensor

from uniseg3d.structures.container import Container


@dataclass(eq=False)
class MaskOutput(Container):
    """Q queries over M superpoints (or pixels). ``None`` = this head was not asked for it."""

    masks: Tensor  # [Q, M] float logits
    embeddings: Tensor  # [Q, D] float, the normalised queries
    classes: Tensor | None = None  # [Q, things + 1] float logits, the last = no object
    semantic: Tensor | None = None  # [Q, classes + 1] float logits, the last = void
    ious: Tensor | None = None  # [Q] float, how well the query thinks its mask fits
    superpoints: Tensor | None = None  # [M, classes + 1] float logits of the superpoints themselves, before any query
    names: Tensor | None = None  # [Q, E] float, what a query shows, or says if it is a sentence, to be compared with names

    def __post_init__(self) -> None:
        self._check('masks', (None, None), 'float')
        for name in ('embeddings', 'classes', 'semantic', 'names'):
            if getattr(self, name) is not None:
                self._check(name, (len(self), None), 'float')
        if self.ious is not None:
            self._check('ious', (len(self),), 'float')
        if self.superpoints is not None:
            self._check('superpoints', (self.masks.shape[1], None), 'float')

    def __len__(self) -> int:
        return len(self.masks)

    def select(self, rows: slice | Tensor) -> 'MaskOutput':
        """The output for some of the queries."""
        parts = {name: getattr(self, name) for name in ('classes', 'semantic', 'ious', 'names')}
        chosen = {name: None if part is None else part[rows] for name, part in parts.items()}
        return MaskOutput(self.masks[rows], self.embeddings[rows], **chosen, superpoints=self.superpoints)
