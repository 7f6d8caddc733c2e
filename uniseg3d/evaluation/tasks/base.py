"""What the tasks of an evaluation share: the scene they look at, the classes they name, the report they give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from uniseg3d.evaluation.functional.scene_truth import SceneTruth
from uniseg3d.structures import MaskSet, Prediction, Targets
from uniseg3d.text.class_lists import ClassList
from uniseg3d.utils.errors import DataError


@dataclass(frozen=True, eq=False)
class Classes:
    """C classes of an evaluation; those that are not stuff are things, numbered in the same order."""

    names: tuple[str, ...]
    stuff: tuple[int, ...]
    splits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # thing names of groups that are averaged apart

    @classmethod
    def of(cls, listed: ClassList, stuff: Sequence[int] | None = None) -> 'Classes':
        """Those of a class list; ``stuff`` in place of the list's own."""
        return cls(listed.names, listed.stuff if stuff is None else tuple(stuff), listed.splits)

    def __len__(self) -> int:
        return len(self.names)

    @property
    def things(self) -> tuple[str, ...]:
        """Names of the classes that have instances."""
        return tuple(name for index, name in enumerate(self.names) if index not in self.stuff)

    @cached_property
    def thing_of(self) -> np.ndarray:
        """Thing number of each class, -1 for stuff and void: [C + 1] int64."""
        thing = np.ones(len(self) + 1, dtype=bool)
        thing[[*self.stuff, len(self)]] = False
        return np.where(thing, np.cumsum(thing) - 1, -1)


@dataclass(eq=False)
class EvaluatedScene:
    """A prediction beside what is true, both in main memory; what several tasks need is computed once."""

    prediction: Prediction
    targets: Targets

    def __post_init__(self) -> None:
        got, expected = len(self.prediction.superpoints), self.targets.masks.shape[1]
        if got != expected:
            raise DataError(
                f'scene {self.prediction.scene_id}: the prediction has {got} superpoints, the ground truth {expected}; '
                'they must come from the same superpoint files'
            )

    @cached_property
    def truth(self) -> SceneTruth:
        """Points of each superpoint in each annotated segment."""
        ids, targets = self.prediction.superpoints.ids, self.targets
        return SceneTruth.count(ids.numpy(), targets.semantic.numpy(), targets.instance.numpy())

    @property
    def sizes(self) -> np.ndarray:
        """Points of each superpoint [M]."""
        return self.prediction.superpoints.sizes.numpy()

    def answers(self, name: str, expected: int) -> MaskSet | None:
        """Masks of the prompts ``name``, one for each of the ``expected``; None where the task was not run."""
        masks: MaskSet | None = getattr(self.prediction, name)
        if masks is not None and len(masks) != expected:
            raise DataError(
                f'scene {self.prediction.scene_id}: {len(masks)} masks for {expected} {name}; expected one for each prompt'
            )
        return masks


@dataclass(frozen=True, eq=False)
class TaskReport:
    """Numbers of one task over the data set."""

    metrics: dict[str, float]  # fractions, in the order in which they are returned
    table: str  # for people
    classes: dict[str, dict[str, float]] = field(default_factory=dict)  # the same per class: measure -> class -> value


class Task(Protocol):
    """One of the things that a prediction can be measured for."""

    def record(self, scene: EvaluatedScene) -> Any | None:
        """What the scene adds to the measures, without arrays over points; None where the prediction lacks this task."""
        ...

    def report(self, records: Sequence[Any]) -> TaskReport:
        """Numbers of at least one scene."""
        ...


def named(names: Sequence[str], values: np.ndarray) -> dict[str, float]:
    """Values [C] by name."""
    return dict(zip(names, values.tolist(), strict=True))


def known_mean(values: np.ndarray) -> float:
    """Mean of the values that are numbers; ``nan`` if none is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float('nan')
