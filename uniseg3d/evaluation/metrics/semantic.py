"""mIoU of semantic segmentation as an mmengine metric."""

from typing import Any

import torch
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log

from uniseg3d.evaluation.functional.semantic import SemanticScores, semantic_confusion, semantic_scores
from uniseg3d.evaluation.table import aligned_table
from uniseg3d.registry import METRICS
from uniseg3d.structures import Prediction, Sample
from uniseg3d.text.class_lists import class_list


@METRICS.register_module()
class SemanticMetric(BaseMetric):
    """Point-level ``miou``, ``acc`` and ``acc_cls`` over the data set, and a table with one row per class.

    Each scene leaves one confusion matrix behind (None without labels), so that the processes of a distributed test
    exchange a few kilobytes and a scene that a sampler repeats is counted once.
    """

    default_prefix = ''  # plain keys, without mmengine's warning that they are plain

    def __init__(self, classes: str = 'scannet20', collect_device: str = 'cpu', prefix: str | None = None) -> None:
        super().__init__(collect_device, prefix)
        self.names = class_list(classes).names

    def process(self, data_batch: dict[str, Any], data_samples: list[Prediction]) -> None:
        """Remember the confusion of each predicted scene against the targets of its sample."""
        for sample, prediction in zip(data_batch['batch'], data_samples, strict=True):
            self.results.append((sample.scene.scene_id, self._confusion(sample, prediction)))

    def _confusion(self, sample: Sample, prediction: Prediction) -> torch.Tensor | None:
        if sample.targets is None or prediction.semantic is None:
            return None
        predicted = prediction.per_point(prediction.semantic).cpu()
        return semantic_confusion(predicted, sample.targets.semantic.cpu(), len(self.names))

    def compute_metrics(self, results: list[tuple[str, torch.Tensor | None]]) -> dict[str, float]:
        """Scores over all scenes; scenes without labels or without a semantic prediction are named and left out."""
        skipped = sorted(scene for scene, confusion in results if confusion is None)
        if skipped:
            names = ', '.join(skipped[:5]) + (', ...' if len(skipped) > 5 else '')
            print_log(f'SemanticMetric: {len(skipped)} scenes without labels or prediction are left out: {names}', 'current')
        confusions = [confusion for _, confusion in results if confusion is not None]
        if not confusions:
            return {}
        scores = semantic_scores(torch.stack(confusions).sum(0))
        print_log('\n' + self._table(scores), 'current')
        return {'miou': scores.miou, 'acc': scores.acc, 'acc_cls': scores.acc_cls}

    def _table(self, scores: SemanticScores) -> str:
        per_class = zip(self.names, scores.iou.tolist(), scores.recall.tolist(), strict=True)
        rows = [*per_class, ('mean', scores.miou, scores.acc_cls), ('all points', '', scores.acc)]
        return aligned_table(('class', 'IoU', 'accuracy'), rows)
