"""Instance segmentation: scored masks, with the class of the object or without."""

from collections.abc import Sequence

import numpy as np

from uniseg3d.evaluation.functional.instance import InstanceMatches, instance_scores, match_instances, summarised
from uniseg3d.evaluation.table import Cell, aligned_table
from uniseg3d.evaluation.tasks.base import Classes, EvaluatedScene, TaskReport, known_mean, named
from uniseg3d.structures import MaskSet


class InstanceTask:
    """Average precision of masks that name a class, by ScanNet's rules."""

    def __init__(self, classes: Classes, min_points: int = 100) -> None:
        self.classes = classes
        self.min_points = min_points

    def record(self, scene: EvaluatedScene) -> InstanceMatches | None:
        """Matches of the scene."""
        if scene.prediction.instances is None:
            return None
        found, thing = scene.prediction.instances, _thing_of_segment(scene, self.classes)
        return _matches(scene, found, found.labels.numpy(), thing, len(self.classes.things), self.min_points)

    def report(self, records: Sequence[InstanceMatches]) -> TaskReport:
        """``all_ap`` at nine levels, at 0.5 and at 0.25, precision and recall at the best score, and splits of the classes."""
        scores = instance_scores(InstanceMatches.total(records))
        columns = {f'ap{level}': values for level, values in summarised(scores.ap).items()}
        columns |= {'prec_50%': scores.precision_half, 'rec_50%': scores.recall_half}
        metrics = {f'all_{word}': known_mean(values) for word, values in columns.items()}
        for split, members in self._splits().items():
            metrics |= {f'{split}_{word}': known_mean(columns[word][members]) for word in ('ap', 'ap_50%', 'ap_25%')}
        names = self.classes.things
        return TaskReport(metrics, self._table(columns), {word: named(names, values) for word, values in columns.items()})

    def _splits(self) -> dict[str, np.ndarray]:
        names = np.array(self.classes.things)
        return {split: np.isin(names, members) for split, members in self.classes.splits.items()}

    def _table(self, columns: dict[str, np.ndarray]) -> str:
        values = np.stack(list(columns.values()), axis=1)  # [C, measures]
        rows: list[list[Cell]] = [[name, *row] for name, row in zip(self.classes.things, values.tolist(), strict=True)]
        groups = {'mean': np.ones(len(values), dtype=bool)} | self._splits()
        rows += [[name, *(known_mean(column) for column in values[members].T)] for name, members in groups.items()]
        return aligned_table(('class', 'AP', 'AP 50', 'AP 25', 'precision 50', 'recall 50'), rows)


class ObjectTask:
    """Class-agnostic masks against the annotated objects: average precision, and how many objects any mask finds."""

    def __init__(self, classes: Classes, min_points: int = 100) -> None:
        self.classes = classes
        self.min_points = min_points

    def record(self, scene: EvaluatedScene) -> InstanceMatches | None:
        """Matches of the scene; all objects are of one class."""
        found = scene.prediction.objects
        if found is None:
            return None
        thing = np.minimum(_thing_of_segment(scene, self.classes), 0)
        return _matches(scene, found, np.zeros(len(found), dtype=np.int64), thing, 1, self.min_points)

    def report(self, records: Sequence[InstanceMatches]) -> TaskReport:
        """``objects_ap`` and ``objects_recall``, each at nine levels, at 0.5 and at 0.25."""
        scores = instance_scores(InstanceMatches.total(records))
        ap, recall = ({level: float(v[0]) for level, v in summarised(a).items()} for a in (scores.ap, scores.recall))
        metrics = {f'objects_ap{level}': value for level, value in ap.items()}
        metrics |= {f'objects_recall{level}': value for level, value in recall.items()}
        rows: list[list[Cell]] = [['AP', *ap.values()], ['recall', *recall.values()]]
        return TaskReport(metrics, aligned_table(('objects of any class', '50 to 90', '50', '25'), rows))


def _thing_of_segment(scene: EvaluatedScene, classes: Classes) -> np.ndarray:
    """Thing class of each annotated segment [S], -1 for what is no instance of a thing."""
    return np.where(scene.truth.instance >= 0, classes.thing_of[scene.truth.semantic], -1)


def _matches(
    scene: EvaluatedScene, found: MaskSet, labels: np.ndarray, thing: np.ndarray, classes: int, min_points: int
) -> InstanceMatches:
    masks, scores = found.masks.numpy(), found.scores.double().numpy()
    return match_instances(masks, scores, labels, scene.truth, thing, classes, min_points)
