"""All tasks of a prediction measured in one pass, as an mmengine metric."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log

from uniseg3d.evaluation.tasks import (
    Classes,
    EvaluatedScene,
    InstanceTask,
    InteractiveTask,
    ObjectTask,
    OpenVocabularyTask,
    PanopticTask,
    ReferringTask,
    SemanticTask,
    Task,
    TaskReport,
)
from uniseg3d.registry import METRICS
from uniseg3d.structures import Prediction, Sample
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import ConfigError
from uniseg3d.utils.files import write_text

FIRST_KEYS = (
    *('miou', 'all_ap', 'all_ap_50%', 'all_ap_25%', 'pq'),
    *('Point Prompt mIoU', 'Point Prompt AP', 'Point Prompt AP@50', 'Point Prompt AP@25'),
    *('Text Prompt mIoU', 'Text_Precision_half', 'Text_Precision_quarter'),
)  # the original returns these, in this order
Records = dict[str, Any]  # task -> what one scene leaves behind


@METRICS.register_module()
class UnifiedMetric(BaseMetric):
    """Every task that the predictions carry, with one table each; the original's keys come first, in its order.

    Each scene leaves a small record per task behind, so that the processes of a distributed test exchange little, and a
    scene that is seen twice counts once.

    Args:
        classes: class list of the semantic labels.
        tasks: names of the tasks to measure; None = whatever the predictions carry.
        stuff: positions of the classes without instances; None = as the class list says.
        names: class list of the free names that the model was asked for; None = it was not.
        min_points: instances with fewer points are not asked for.
        dump: JSON file for all numbers: over the data set, per class and per scene.
    """

    default_prefix = ''  # plain keys, without mmengine's warning that they are plain

    def __init__(
        self,
        classes: str = 'scannet20',
        tasks: Sequence[str] | None = None,
        stuff: Sequence[int] | None = None,
        names: str | None = None,
        min_points: int = 100,
        dump: str | None = None,
        collect_device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device, prefix)
        self.classes = Classes.of(class_list(classes), stuff)
        known: dict[str, Task] = {
            'semantic': SemanticTask(self.classes),
            'instance': InstanceTask(self.classes, min_points),
            'panoptic': PanopticTask(self.classes),
            'interactive': InteractiveTask(),
            'referring': ReferringTask(self.classes.stuff),
            'objects': ObjectTask(self.classes, min_points),
        }
        if names is not None:
            known['open vocabulary'] = OpenVocabularyTask(Classes.of(class_list(names)), min_points)
        unknown = sorted(set(tasks or ()) - set(known))
        if unknown:
            raise ConfigError(f'{type(self).__name__}.tasks must name some of {", ".join(known)}; got {", ".join(unknown)}')
        self.tasks = {name: task for name, task in known.items() if tasks is None or name in tasks}
        self.dump = dump

    def process(self, data_batch: dict[str, Any], data_samples: list[Prediction]) -> None:
        """Remember what each predicted scene adds to the measures of its tasks."""
        for sample, prediction in zip(data_batch['batch'], data_samples, strict=True):
            self.results.append((sample.scene.scene_id, self._records(sample, prediction)))

    def _records(self, sample: Sample, prediction: Prediction) -> Records:
        if sample.targets is None:
            return {}
        scene = EvaluatedScene(prediction.to('cpu'), sample.targets.to('cpu'))
        records = {name: task.record(scene) for name, task in self.tasks.items()}
        return {name: record for name, record in records.items() if record is not None}

    def compute_metrics(self, results: list[tuple[str, Records]]) -> dict[str, float]:
        """Numbers over all scenes; scenes without labels or without a prediction are named and left out."""
        scenes = dict(sorted(results, key=lambda result: result[0]))
        self._name_skipped([scene for scene, records in scenes.items() if not records])
        reports = self._reports(list(scenes.values()))
        for name, report in reports.items():
            print_log(f'{name}\n{report.table}', 'current')
        metrics = _ordered(reports)
        if self.dump is not None:
            self._write(self.dump, metrics, reports, scenes)
        return metrics

    def _reports(self, scenes: Sequence[Records]) -> dict[str, TaskReport]:
        found = {name: [records[name] for records in scenes if name in records] for name in self.tasks}
        return {name: self.tasks[name].report(records) for name, records in found.items() if records}

    def _name_skipped(self, skipped: Sequence[str]) -> None:
        if skipped:
            names = ', '.join(skipped[:5]) + (', ...' if len(skipped) > 5 else '')
            name = type(self).__name__
            print_log(f'{name}: {len(skipped)} scenes without labels or prediction are left out: {names}', 'current')

    def _write(self, path: str, metrics: dict[str, float], reports: dict[str, TaskReport], scenes: dict[str, Records]) -> None:
        content = {
            'metrics': metrics,
            'classes': {name: report.classes for name, report in reports.items() if report.classes},
            'scenes': {scene: _ordered(self._reports([records])) for scene, records in scenes.items()},
        }
        write_text(Path(path), json.dumps(_plain(content), indent=1, allow_nan=False))


def _plain(value: Any) -> Any:
    """Nested dictionaries of numbers with null for ``nan``, which JSON does not know."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return None if math.isnan(value) else value


def _ordered(reports: dict[str, TaskReport]) -> dict[str, float]:
    metrics = {key: value for report in reports.values() for key, value in report.metrics.items()}
    return {key: metrics[key] for key in (*(key for key in FIRST_KEYS if key in metrics), *metrics)}
