"""What a model says about one scene, at superpoint level; points come last and only when asked for."""

from dataclasses import dataclass

from torch import Tensor

from uniseg3d.structures.container import Container
from uniseg3d.structures.superpoints import Superpoints


@dataclass(eq=False)
class MaskSet(Container):
    """n masks over M superpoints."""

    masks: Tensor  # [n, M] bool
    scores: Tensor  # [n] float
    labels: Tensor  # [n] int64 class ids; -1 = class-agnostic
    class_probabilities: Tensor | None = None  # [n, classes] float, where the model gives them

    def __post_init__(self) -> None:
        self._check('scores', (None,), 'float')
        self._check('masks', (len(self), None), 'bool')
        self._check('labels', (len(self),), 'index')
        if self.class_probabilities is not None:
            self._check('class_probabilities', (len(self), None), 'float')

    def __len__(self) -> int:
        return len(self.scores)


@dataclass(eq=False)
class PanopticMap(Container):
    """Class and segment of each superpoint. Segment ids: the class itself for stuff, from ``stuff`` up for things."""

    semantic: Tensor  # [M] int64
    segment: Tensor  # [M] int64

    def __post_init__(self) -> None:
        self._check('semantic', (None,), 'index')
        self._check('segment', (len(self.semantic),), 'index')


@dataclass(eq=False)
class Prediction(Container):
    """Results of the tasks that were run; ``None`` = not run.

    A mask set for clicks or texts has one row per prompt, in the prompts' order; the others come in decreasing score.
    """

    scene_id: str
    superpoints: Superpoints
    semantic: Tensor | None = None  # [M] int64
    instances: MaskSet | None = None
    panoptic: PanopticMap | None = None
    clicks: MaskSet | None = None
    texts: MaskSet | None = None
    objects: MaskSet | None = None  # class-agnostic instances (label -1), also of classes that training never named
    named: MaskSet | None = None  # instances of the names that were asked for, labelled by their place in that list
    click_rounds: Tensor | None = None  # [R, K, M] bool: masks of the K click prompts after 1..R simulated clicks each

    def __post_init__(self) -> None:
        self._check_type('superpoints', Superpoints)
        m = len(self.superpoints)
        if self.semantic is not None:
            self._check('semantic', (m,), 'index')
        for name in ('instances', 'clicks', 'texts', 'objects', 'named'):
            masks = getattr(self, name)
            if masks is not None:
                self._check_type(name, MaskSet)
                masks._check('masks', (len(masks), m), 'bool')
        if self.panoptic is not None:
            self._check_type('panoptic', PanopticMap)
            self.panoptic._check('semantic', (m,), 'index')
        if self.click_rounds is not None:
            self._check('click_rounds', (None, None, m), 'bool')

    def per_point(self, values: Tensor) -> Tensor:
        """Superpoint values [..., M] to point values [..., N]."""
        return self.superpoints.expand(values)
