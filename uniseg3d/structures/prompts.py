"""What a user asks of a scene: clicks and sentences."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from uniseg3d.structures.container import Container
from uniseg3d.utils.errors import DataError


def _empty(*shape: int, dtype: torch.dtype = torch.long) -> Tensor:
    return torch.zeros(*shape, dtype=dtype)


@dataclass(eq=False)
class Clicks(Container):
    """All clicks of a scene, flat. Click c belongs to prompt ``prompt[c]``; the prompts are numbered 0..K-1."""

    point: Tensor = field(default_factory=lambda: _empty(0))  # [C] int64, index of the clicked point
    superpoint: Tensor = field(default_factory=lambda: _empty(0))  # [C] int64, its superpoint
    prompt: Tensor = field(default_factory=lambda: _empty(0))  # [C] int64, non-decreasing
    positive: Tensor = field(default_factory=lambda: _empty(0, dtype=torch.bool))  # [C] bool, false = "not this"

    def __post_init__(self) -> None:
        self._check('point', (None,), 'index')
        for name, kind in (('superpoint', 'index'), ('prompt', 'index'), ('positive', 'bool')):
            self._check(name, (len(self.point),), kind)
        self.count = int(self.prompt[-1]) + 1 if len(self.prompt) else 0  # here once: on a GPU, asking later would wait
        if len(self.prompt):
            steps = torch.diff(self.prompt, prepend=self.prompt.new_full((1,), -1))
            if steps.min() < 0 or steps.max() > 1:
                raise DataError('Clicks.prompt must number the prompts 0, 1, 2, ... in order, without gaps')

    def __len__(self) -> int:
        """Number of prompts K."""
        return self.count

    @classmethod
    def single(cls, point: Tensor, superpoint: Tensor) -> 'Clicks':
        """One positive click per prompt."""
        return cls(point, superpoint, torch.arange(len(point)), torch.ones(len(point), dtype=torch.bool))


@dataclass(eq=False)
class Texts(Container):
    """Sentences of a scene with their token rows."""

    sentences: list[str] = field(default_factory=list)  # T entries; may be empty strings if only tokens are known
    tokens: Tensor = field(default_factory=lambda: _empty(0, 77))  # [T, L] int64, zero padded

    def __post_init__(self) -> None:
        self._check_items('sentences', str)
        self._check('tokens', (len(self.sentences), None), 'index')

    def __len__(self) -> int:
        return len(self.sentences)


@dataclass(eq=False)
class Prompts(Container):
    """Clicks and sentences; both may be empty."""

    clicks: Clicks = field(default_factory=Clicks)
    texts: Texts = field(default_factory=Texts)

    def __post_init__(self) -> None:
        self._check_type('clicks', Clicks)
        self._check_type('texts', Texts)
