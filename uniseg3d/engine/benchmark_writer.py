"""Predictions in the form that ScanNet's benchmark server takes."""

from pathlib import Path
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric

from uniseg3d.registry import METRICS
from uniseg3d.structures import MaskSet, Prediction
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import ConfigError
from uniseg3d.utils.files import write_bytes, write_text

MASKS = 'predicted_masks'  # folder beside the files that list them, as the server's examples have it


@METRICS.register_module()
class BenchmarkWriter(BaseMetric):
    """Takes the place of the metrics: writes a submission for each task that the predictions carry, measures nothing.

    ``folder/<scene>.txt``: one raw class id per vertex. ``folder/instance/<scene>.txt``: for each of the best scored
    instances, at most ``most_instances``, a line with the file of its mask, its raw class id and its score; the mask files
    hold 0 or 1 for each vertex. ``folder/named/``: the same for instances of free names, where the model was asked for any.

    Args:
        folder: where the files go.
        classes: class list of the semantic labels and the instances.
        names: class list of the free names; their raw ids are written, in ScanNet200's case those of its benchmark.
        most_instances: a scene gets no more than these.
    """

    def __init__(self, folder: str, classes: str = 'scannet20', names: str | None = None, most_instances: int = 200) -> None:
        super().__init__(collect_device='cpu')
        self.folder = Path(folder)
        listed = class_list(classes)
        self.raw_ids = np.array([*listed.raw_ids, 0])  # [C + 1], the last one is void
        self.thing_ids = self.raw_ids[list(listed.things)]  # [things]
        self.name_ids = None if names is None else np.array(class_list(names).raw_ids)
        self.most_instances = most_instances

    def process(self, data_batch: Any, data_samples: list[Prediction]) -> None:
        """Write the scenes of one batch."""
        for prediction in (sample.to('cpu') for sample in data_samples):
            if prediction.semantic is None and prediction.instances is None:
                raise ConfigError(
                    f'--format-only writes semantic labels and instances, and the model gives none for {prediction.scene_id}'
                )
            if prediction.semantic is not None:
                ids = self.raw_ids[prediction.per_point(prediction.semantic).numpy()]  # [N]
                write_text(self.folder / f'{prediction.scene_id}.txt', '\n'.join(map(str, ids.tolist())) + '\n')
            if prediction.instances is not None:
                self._write_instances('instance', prediction, prediction.instances, self.thing_ids)
            if prediction.named is not None and self.name_ids is not None:
                self._write_instances('named', prediction, prediction.named, self.name_ids)
            self.results.append(prediction.scene_id)

    def _write_instances(self, task: str, prediction: Prediction, found: MaskSet, ids: np.ndarray) -> None:
        folder, lines = self.folder / task, []
        order = found.scores.argsort(descending=True, stable=True)[: self.most_instances].tolist()
        for rank, row in enumerate(order):
            name = f'{MASKS}/{prediction.scene_id}_{rank:03d}.txt'
            mask = prediction.per_point(found.masks[row]).numpy()  # [N]
            write_bytes(folder / name, np.where(mask, b'1\n', b'0\n').tobytes())
            lines.append(f'{name} {ids[int(found.labels[row])]} {float(found.scores[row]):.6f}\n')
        write_text(folder / f'{prediction.scene_id}.txt', ''.join(lines))

    def compute_metrics(self, results: list[str]) -> dict[str, float]:
        """How many scenes were written."""
        return {'scenes_written': float(len(set(results)))}
