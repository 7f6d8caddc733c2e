"""Semantic segmentation: a class for every point."""

from collections.abc import Sequence

import torch
from torch import Tensor

from uniseg3d.evaluation.functional.semantic import SemanticScores, semantic_confusion, semantic_scores
from uniseg3d.evaluation.table import aligned_table
from uniseg3d.evaluation.tasks.base import Classes, EvaluatedScene, TaskReport, named


class SemanticTask:
    """Mean IoU and accuracies over points; points whose truth is void are left out."""

    def __init__(self, classes: Classes) -> None:
        self.classes = classes

    def record(self, scene: EvaluatedScene) -> Tensor | None:
        """Confusion matrix [C + 1, C + 1]."""
        predicted = scene.prediction.semantic
        if predicted is None:
            return None
        truth = scene.truth
        labels = torch.from_numpy(truth.semantic)[truth.segment]  # [E]
        weights = torch.from_numpy(truth.points)
        return semantic_confusion(predicted[truth.superpoint], labels, len(self.classes), weights)

    def report(self, records: Sequence[Tensor]) -> TaskReport:
        """``miou``, ``acc`` and ``acc_cls``."""
        scores = semantic_scores(torch.stack(list(records)).sum(0))
        names = self.classes.names
        return TaskReport(
            metrics={'miou': scores.miou, 'acc': scores.acc, 'acc_cls': scores.acc_cls},
            table=self._table(scores),
            classes={'iou': named(names, scores.iou.numpy()), 'recall': named(names, scores.recall.numpy())},
        )

    def _table(self, scores: SemanticScores) -> str:
        per_class = zip(self.classes.names, scores.iou.tolist(), scores.recall.tolist(), strict=True)
        rows = [*per_class, ('mean', scores.miou, scores.acc_cls), ('all points', '', scores.acc)]
        return aligned_table(('class', 'IoU', 'accuracy'), rows)
