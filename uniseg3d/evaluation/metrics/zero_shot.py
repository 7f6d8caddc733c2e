"""mIoU and mAcc of classes that points were given by texts, for each kind of evidence."""

import json
from collections.abc import Mapping
from typing import Any

import torch
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from torch import Tensor

from uniseg3d.evaluation.functional.semantic import semantic_confusion, semantic_scores
from uniseg3d.evaluation.functional.zero_shot import openscene_scores
from uniseg3d.evaluation.table import aligned_table
from uniseg3d.registry import METRICS
from uniseg3d.structures import Sample
from uniseg3d.structures.lifted_sample import ZeroShotPrediction
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.files import write_text

UNSEEN = ' unseen'


@METRICS.register_module()
class ZeroShotMetric(BaseMetric):
    """``miou``, ``macc`` and ``acc`` over points of the model's own kind of evidence, and ``<kind>_...`` of the others.

    ``..._original`` are OpenScene's definitions: absent classes count as zero, points without a feature in no IoU.
    ``..._unseen`` look only at points that no camera saw.

    Args:
        classes: class list of the labels.
        dump: JSON file for all numbers.
    """

    default_prefix = ''

    def __init__(
        self, classes: str = 'scannet20', dump: str | None = None, collect_device: str = 'cpu', prefix: str | None = None
    ) -> None:
        super().__init__(collect_device, prefix)
        self.names, self.dump = class_list(classes).names, dump

    def process(self, data_batch: dict[str, Any], data_samples: list[ZeroShotPrediction]) -> None:
        """Remember how often each class was taken for which, scene by scene."""
        for sample, prediction in zip(data_batch['batch'], data_samples, strict=True):
            if sample.targets is not None:
                self.results.append((sample.scene.scene_id, self._confusions(sample, prediction.to('cpu'))))

    def _confusions(self, sample: Sample, prediction: ZeroShotPrediction) -> dict[str, Tensor]:
        assert sample.targets is not None
        truth, count = sample.targets.semantic.cpu(), len(self.names)
        tables = {k: semantic_confusion(labels, truth, count) for k, labels in prediction.point_labels.items()}
        if prediction.seen is not None:
            rest = ~prediction.seen
            for kind, labels in prediction.point_labels.items():
                tables[kind + UNSEEN] = semantic_confusion(labels[rest], truth[rest], count)
        return tables

    def compute_metrics(self, results: list[tuple[str, dict[str, Tensor]]]) -> dict[str, float]:
        """Numbers over all scenes; a scene that was seen twice counts once."""
        scenes = dict(results)
        kinds = list(dict.fromkeys(kind for tables in scenes.values() for kind in tables))
        sums = {kind: torch.stack([t[kind] for t in scenes.values() if kind in t]).sum(0) for kind in kinds}
        if not sums:
            return {}
        print_log(f'zero-shot classes\n{self._table(sums)}', 'current')
        first, metrics = kinds[0], dict[str, float]()
        for kind, confusion in sums.items():
            metrics |= _numbers(kind, kind.removesuffix(UNSEEN) == first, confusion)
        if self.dump is not None:
            write_text(
                self.dump, json.dumps({key: None if value != value else value for key, value in metrics.items()}, indent=1)
            )
        return metrics

    def _table(self, sums: Mapping[str, Tensor]) -> str:
        iou = {kind: semantic_scores(confusion).iou.tolist() for kind, confusion in sums.items() if UNSEEN not in kind}
        rows = [(name, *(values[i] for values in iou.values())) for i, name in enumerate(self.names)]
        means = [semantic_scores(sums[kind]).miou for kind in iou]
        return aligned_table(('IoU', *iou), [*rows, ('mean', *means)])


def _numbers(kind: str, is_first: bool, confusion: Tensor) -> dict[str, float]:
    bare = kind.removesuffix(UNSEEN)
    start, end = '' if is_first else f'{bare}_', '_unseen' if kind.endswith(UNSEEN) else ''
    ours, theirs = semantic_scores(confusion), openscene_scores(confusion)
    values = {'miou': ours.miou, 'macc': ours.acc_cls, 'acc': ours.acc}
    if not end:
        values |= {'miou_original': theirs.miou, 'macc_original': theirs.acc_cls}
    return {f'{start}{name}{end}': value for name, value in values.items() if value == value}
