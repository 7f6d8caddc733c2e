"""Predictions in the form that ScanNet's benchmark server takes."""

from pathlib import Path
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric

from uniseg3d.registry import METRICS
from uniseg3d.structures import Prediction
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import ConfigError
from uniseg3d.utils.files import write_text


@METRICS.register_module()
class BenchmarkWriter(BaseMetric):
    """Takes the place of the metrics: writes ``folder/<scene>.txt`` with one raw class id per vertex, measures nothing."""

    def __init__(self, folder: str, classes: str = 'scannet20') -> None:
        super().__init__(collect_device='cpu')
        self.folder = Path(folder)
        self.raw_ids = np.array([*class_list(classes).raw_ids, 0])  # [C + 1], the last one is void

    def process(self, data_batch: Any, data_samples: list[Prediction]) -> None:
        """Write the scenes of one batch."""
        for prediction in data_samples:
            if prediction.semantic is None:
                raise ConfigError(f'--format-only writes semantic labels, and the model gives none for {prediction.scene_id}')
            ids = self.raw_ids[prediction.per_point(prediction.semantic).cpu().numpy()]  # [N]
            write_text(self.folder / f'{prediction.scene_id}.txt', '\n'.join(map(str, ids.tolist())) + '\n')
            self.results.append(prediction.scene_id)

    def compute_metrics(self, results: list[str]) -> dict[str, float]:
        """How many scenes were written."""
        return {'scenes_written': float(len(set(results)))}
