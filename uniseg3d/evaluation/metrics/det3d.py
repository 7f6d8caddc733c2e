"""Metrics of mmdet3d on predictions of ours."""

from collections.abc import Sequence
from typing import Any

from mmengine.evaluator import BaseMetric

from uniseg3d.registry import METRICS
from uniseg3d.structures import Prediction
from uniseg3d.structures.det3d import TASKS, to_det3d
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import ConfigError
from uniseg3d.utils.openmmlab import import_mmdet3d


@METRICS.register_module()
class Det3DMetric(BaseMetric):
    """Runs a metric of mmdet3d: ``dict(type='Det3DMetric', task='semantic', metric=dict(type='mmdet3d.SegMetric'))``.

    Args:
        metric: its config; 'mmdet3d.InstanceSegMetric' and 'mmdet3d.PanopticSegMetric' go with the other tasks.
        task: what it is given: 'semantic', 'instance' or 'panoptic'.
        classes: class list of the labels.
    """

    default_prefix = 'det3d'

    def __init__(
        self,
        metric: dict[str, Any],
        task: str = 'semantic',
        classes: str = 'scannet20',
        collect_device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device, prefix)
        if task not in TASKS:
            raise ConfigError(f'Det3DMetric.task must be one of {", ".join(TASKS)}, got {task!r}')
        import_mmdet3d()
        listed = class_list(classes)
        names = listed.thing_names if task == 'instance' else listed.names
        self.task = task
        self.metric: Any = METRICS.build(metric)
        labelled = (*names, 'void') if task == 'panoptic' else names  # there void counts among the classes, to be left out
        self.metric.dataset_meta = {
            'classes': labelled,
            'label2cat': dict(enumerate(labelled)),
            'ignore_index': len(names),
            'seg_valid_class_ids': tuple(range(1, len(names) + 1)),  # 0 would be nothing
        }
        self.results = self.metric.results  # one list: processes exchange ours, the metric computes from it

    def process(self, data_batch: dict[str, Any], data_samples: Sequence[Prediction]) -> None:
        """Hand the predictions of labelled scenes on."""
        for sample, prediction in zip(data_batch['batch'], data_samples, strict=True):
            if sample.targets is not None:
                self.metric.process({}, [to_det3d(prediction, self.task, sample.targets).to_dict()])

    def compute_metrics(self, results: list[Any]) -> dict[str, float]:
        """The metric's own numbers over all classes; those of single classes are in the table that it prints."""
        found = self.metric.compute_metrics(results)
        return {name: float(value) for name, value in found.items() if not isinstance(value, dict)}
