"""Several scenes on their way through a model: a list of samples, never padded."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from uniseg3d.structures.container import Container
from uniseg3d.structures.point_scene import PointScene
from uniseg3d.structures.prompts import Prompts
from uniseg3d.structures.superpoints import Superpoints
from uniseg3d.structures.targets import Targets
from uniseg3d.utils.errors import DataError


@dataclass(eq=False)
class Sample(Container):
    """One scene as the data set hands it over. ``targets`` is ``None`` where nothing is annotated."""

    scene: PointScene
    superpoints: Superpoints
    prompts: Prompts = field(default_factory=Prompts)
    targets: Targets | None = None

    def __post_init__(self) -> None:
        for name, kind in (('scene', PointScene), ('superpoints', Superpoints), ('prompts', Prompts)):
            self._check_type(name, kind)
        got, expected = len(self.superpoints.ids), len(self.scene)
        if got != expected:
            raise DataError(f'scene {self.scene.scene_id}: {got} superpoint ids for {expected} points; expected one per point')
        self.prompts.clicks._check_values('point', 0, expected)
        self.prompts.clicks._check_values('superpoint', 0, len(self.superpoints))
        if self.targets is not None:
            self._check_type('targets', Targets)
            self._check_targets(self.targets)

    def _check_targets(self, targets: Targets) -> None:
        targets._check('semantic', (len(self.scene),), 'index')
        targets._check('masks', (None, len(self.superpoints)), 'bool')
        targets._check('click_instance', (len(self.prompts.clicks),), 'index')
        targets._check('text_masks', (len(self.prompts.texts), None), 'bool')


@dataclass(eq=False)
class SceneBatch(Container):
    """B samples; B >= 1."""

    samples: list[Sample]

    def __post_init__(self) -> None:
        self._check_items('samples', Sample)
        if not self.samples:
            raise DataError('SceneBatch.samples is empty; expected at least one scene')

    def __len__(self) -> int:
        return len(self.samples)

    def __iter__(self) -> Iterator[Sample]:
        return iter(self.samples)

    @property
    def scene_ids(self) -> list[str]:
        """Names of the scenes, for messages."""
        return [sample.scene.scene_id for sample in self.samples]

    @property
    def point_counts(self) -> list[int]:
        """Points per scene."""
        return [len(sample.scene) for sample in self.samples]

    @property
    def point_features(self) -> Tensor:
        """Features of all points of the batch [sum N, F]."""
        return torch.cat([sample.scene.features for sample in self.samples])

    @property
    def superpoint_counts(self) -> list[int]:
        """Superpoints per scene."""
        return [len(sample.superpoints) for sample in self.samples]

    @property
    def superpoint_ids(self) -> Tensor:
        """Ids over the whole batch [sum N]: those of each scene shifted by the superpoints before it."""
        starts = torch.tensor([0, *self.superpoint_counts]).cumsum(0).tolist()
        return torch.cat([s.superpoints.ids + start for s, start in zip(self.samples, starts, strict=False)])
