"""Instances of freely named things, and how much of their score the names themselves earn."""

from collections.abc import Sequence

import numpy as np

from uniseg3d.evaluation.functional.instance import InstanceMatches, instance_scores, match_instances, summarised
from uniseg3d.evaluation.table import Cell, aligned_table
from uniseg3d.evaluation.tasks.base import Classes, EvaluatedScene, TaskReport, known_mean, named
from uniseg3d.structures import Targets

SHUFFLES = 3


class OpenVocabularyTask:
    """Average precision of masks that carry one of many names, by the rules of instance segmentation.

    Every object counts for the one name that the data set gives it; objects without a name on the list are not asked for,
    and masks on them are not counted. Beside each number stands its control, the mean over three shuffles: the same masks
    and scores of the same model, which was asked for each name in the words of another. A model that does not understand
    names scores the same in both.
    """

    def __init__(self, names: Classes, min_points: int = 100) -> None:
        self.names = names
        self.min_points = min_points
        self.shuffled = [np.random.default_rng(seed).permutation(len(names)) for seed in range(SHUFFLES)]

    def record(self, scene: EvaluatedScene) -> list[InstanceMatches] | None:
        """Matches of the scene, then those under each of the shuffles."""
        found = scene.prediction.named
        if found is None or not scene.targets.object_names:
            return None
        wanted = self._wanted(scene.targets)  # [n]
        truth, masks, scores, labels = scene.truth, found.masks.numpy(), found.scores.double().numpy(), found.labels.numpy()
        meant = np.where(truth.instance >= 0, wanted[truth.instance], -1)  # [S]
        return [
            match_instances(masks, scores, given, truth, meant, len(self.names), self.min_points)
            for given in (labels, *(order[labels] for order in self.shuffled))
        ]

    def _wanted(self, targets: Targets) -> np.ndarray:
        """Place of each object's name on the list [n], -1 where it has none there."""
        place = {name: index for index, name in enumerate(self.names.names)}
        return np.array([place.get(name, -1) for name in targets.object_names], dtype=np.int64)

    def report(self, records: Sequence[list[InstanceMatches]]) -> TaskReport:
        """``open_ap`` at nine levels, at 0.5 and at 0.25, over all names and over each split of the list, and the controls.

        Splits of which no scene has an object are left out.
        """
        levels = [summarised(instance_scores(InstanceMatches.total(scenes)).ap) for scenes in zip(*records, strict=True)]
        right = np.stack(list(levels[0].values()), axis=1)  # [L, 3]
        control = np.stack([list(shuffle.values()) for shuffle in levels[1:]]).mean(0).T  # [L, 3]
        groups = {'': np.ones(len(right), dtype=bool)} | {f' {split}': members for split, members in self._splits().items()}
        groups = {group: members for group, members in groups.items() if not group or not np.isnan(right[members]).all()}
        means = {group: [known_mean(column) for column in right[members].T] for group, members in groups.items()}
        means |= {f'{group} shuffled': [known_mean(c) for c in control[members].T] for group, members in groups.items()}
        words = [f'open_ap{word}' for word in levels[0]]
        metrics = {f'{word}{group}': means[group][k] for group in means for k, word in enumerate(words)}
        classes = {word: named(self.names.names, right[:, k]) for k, word in enumerate(words)}
        return TaskReport(metrics, self._table(right, means), classes)

    def _splits(self) -> dict[str, np.ndarray]:
        names = np.array(self.names.names)
        return {split: np.isin(names, members) for split, members in self.names.splits.items()}

    def _table(self, right: np.ndarray, means: dict[str, list[float]]) -> str:
        rows: list[list[Cell]] = [
            [name, *row] for name, row in zip(self.names.names, right.tolist(), strict=True) if not np.isnan(row[0])
        ]
        rows += [[f'mean{group}', *row] for group, row in means.items()]
        return aligned_table(('name', 'AP', 'AP 50', 'AP 25'), rows)
