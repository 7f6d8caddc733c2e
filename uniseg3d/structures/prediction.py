"""What a model says about one scene, at superpoint level; points come last and only when asked for."""

from dataclasses import dataclass

from torch import Tensor

from uniseg3d.structures.container import Container
from uniseg3d.structures.superpoints import Superpoints


@dataclass
class MaskSet(Container):
    """n masks over M superpoints, in decreasing score."""

    masks: Tensor  # [n, M] bool
    scores: Tensor  # [n] float
    labels: Tensor  # [n] int64 class ids; -1 = class-agnostic
    class_probabilities: Tensor | None = None  # [n, classes] float, where the model gives them

    def __post_init__(self) -> None:
        n = len(self.scores)
        self._check('masks', (n, None), integer=True)
        self._check('scores', (n,), integer=False)
        self._check('labels', (n,), integer=True)
        if self.class_probabilities is not None:
            self._check('class_probabilities', (n, None), integer=False)

    def __len__(self) -> int:
        return len(self.scores)


@dataclass
class PanopticMap(Container):
    """Class and segment of each superpoint. Segment ids: the class itself for stuff, from ``stuff`` up for things."""

    semantic: Tensor  # [M] int64
    segment: Tensor  # [M] int64

    def __post_init__(self) -> None:
        self._check('semantic', (None,), integer=True)
        self._check('segment', (len(self.semantic),), integer=True)


@dataclass
class Prediction(Container):
    """Results of the tasks that were run; ``None`` = not run. A mask set for clicks or texts has one row per prompt."""

    scene_id: str
    superpoints: Superpoints
    semantic: Tensor | None = None  # [M] int64
    instances: MaskSet | None = None
    panoptic: PanopticMap | None = None
    clicks: MaskSet | None = None
    texts: MaskSet | None = None

    def __post_init__(self) -> None:
        m = len(self.superpoints)
        if self.semantic is not None:
            self._check('semantic', (m,), integer=True)
        for masks in (self.instances, self.clicks, self.texts):
            if masks is not None:
                masks._check('masks', (len(masks), m))
        if self.panoptic is not None:
            self.panoptic._check('semantic', (m,))

    def per_point(self, values: Tensor) -> Tensor:
        """Superpoint values [..., M] to point values [..., N]."""
        return self.superpoints.expand(values)
