"""Scenes and predictions as mmdet3d's ``Det3DDataSample``, and back. Needs mmdet3d only when it is used.

Theirs are per point and per task: ``pred_pts_seg`` holds a class and a segment of each point, or the number of the one instance
that it belongs to, and ``eval_ann_info`` the truth. Class C is void there as here.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from uniseg3d.structures.prediction import MaskSet, PanopticMap, Prediction
from uniseg3d.structures.superpoints import Superpoints
from uniseg3d.structures.targets import Targets
from uniseg3d.utils.errors import ConfigError, DataError
from uniseg3d.utils.openmmlab import import_mmdet3d

TASKS = ('semantic', 'instance', 'panoptic')


def to_det3d(prediction: Prediction, task: str, targets: Targets | None = None) -> Any:
    """A ``Det3DDataSample`` with what was predicted for one of ``TASKS`` and, with ``targets``, what is true.

    Instances do not overlap there: where masks do, the best score keeps the points.
    """
    structures = import_mmdet3d('mmdet3d.structures')
    sample = structures.Det3DDataSample(metainfo={'sample_idx': prediction.scene_id})
    sample.pred_pts_seg = structures.PointData(**_predicted(prediction.to('cpu'), task))
    if targets is not None:
        truth = _truth(targets.to('cpu'), task)
        # their metric of instances reads tensors, the others arrays
        sample.eval_ann_info = truth if task == 'instance' else {name: values.numpy() for name, values in truth.items()}
    return sample


def _predicted(prediction: Prediction, task: str) -> dict[str, Tensor]:
    if task not in TASKS:
        raise ConfigError(f'task {task!r} must be one of {", ".join(TASKS)}')
    found = getattr(prediction, task if task != 'instance' else 'instances')
    if found is None:
        raise DataError(f'scene {prediction.scene_id}: the prediction has no {task} segmentation; let the model run this task')
    if isinstance(found, Tensor):
        return {'pts_semantic_mask': prediction.per_point(found)}
    if isinstance(found, PanopticMap):
        names = {'pts_semantic_mask': found.semantic, 'pts_instance_mask': found.segment}
        return {name: prediction.per_point(values) for name, values in names.items()}
    owner = prediction.per_point(_best_mask(found))
    return {'pts_instance_mask': owner, 'instance_labels': found.labels, 'instance_scores': found.scores}


def _best_mask(found: MaskSet) -> Tensor:
    """The mask with the best score at each superpoint [M], -1 = none."""
    if len(found) == 0:
        return torch.full_like(found.masks.sum(0), -1)
    best = torch.where(found.masks, found.scores[:, None], -torch.inf).argmax(0)
    return torch.where(found.masks.any(0), best, -1)


def _truth(targets: Targets, task: str) -> dict[str, Tensor]:
    if task != 'instance':
        return {'pts_semantic_mask': targets.semantic, 'pts_instance_mask': targets.panoptic}
    void = len(targets.semantic_masks) - 1  # no thing has so large a number
    things = torch.cat([targets.labels, targets.labels.new_full((1,), void)])  # points without an instance read the last
    return {'pts_semantic_mask': things[targets.instance], 'pts_instance_mask': targets.instance}


def from_det3d(data_sample: Any, superpoints: Superpoints | None = None) -> Prediction:
    """What another network predicted, in ``pred_pts_seg``; without ``superpoints`` every point is one.

    Masks that differ within a superpoint go by the majority of its points.
    """
    found = data_sample.pred_pts_seg.cpu()
    segment: Tensor | None = found.get('pts_instance_mask')
    semantic: Tensor | None = found.get('pts_semantic_mask')
    count = next((len(values) for values in (segment, semantic) if values is not None), 0)
    superpoints = superpoints or Superpoints.of_points(count)
    if len(superpoints.ids) != count:
        raise DataError(f'{len(superpoints.ids)} superpoint ids for {count} predicted points; expected one per point')
    parts: dict[str, Any] = {}
    if segment is not None and 'instance_labels' in found:
        masks = segment == torch.arange(len(found.instance_labels))[:, None]  # [n, N]
        parts['instances'] = MaskSet(superpoints.majority(masks), found.instance_scores.float(), found.instance_labels.long())
    if semantic is not None:
        parts['semantic'] = _majority_label(semantic.long(), superpoints)
        if segment is not None and 'instance_labels' not in found:
            parts['panoptic'] = PanopticMap(parts['semantic'], _majority_label(segment.long(), superpoints))
    return Prediction(str(data_sample.metainfo.get('sample_idx', '')), superpoints, **parts)


def _majority_label(labels: Tensor, superpoints: Superpoints) -> Tensor:
    """The most frequent of the labels [N] in each superpoint [M]."""
    values, place = labels.unique(return_inverse=True)
    counts = torch.bincount(superpoints.ids * len(values) + place, minlength=len(superpoints) * len(values))
    return values[counts.reshape(len(superpoints), len(values)).argmax(1)]


def det3d_points(xyz: np.ndarray, color: np.ndarray) -> Any:
    """mmdet3d's points [N, 7]: position, colour and, last, the row, so that whatever is done to them can be told later."""
    rows = np.arange(len(xyz))[:, None]
    if len(xyz) >= 2**24:
        raise DataError(f'{len(xyz)} points: float32 numbers rows up to {2**24}; tile the scene first')
    table = torch.from_numpy(np.concatenate([xyz, color, rows], axis=1).astype(np.float32))
    points = import_mmdet3d('mmdet3d.structures').DepthPoints
    return points(table, points_dim=7, attribute_dims={'color': [3, 4, 5], 'row': 6})
