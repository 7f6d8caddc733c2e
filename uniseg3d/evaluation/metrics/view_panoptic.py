"""Panoptic and semantic quality of views that share their segments."""

from typing import Any

import numpy as np
import torch
from mmengine.logging import print_log
from torch import Tensor

from uniseg3d.evaluation.functional.panoptic import PanopticCounts, panoptic_scores
from uniseg3d.evaluation.functional.semantic import semantic_confusion, semantic_scores
from uniseg3d.evaluation.functional.view_panoptic import PixelLabels, lifting_quality, pixel_counts, surface_pieces
from uniseg3d.evaluation.metrics.views import Record, ViewMetric
from uniseg3d.evaluation.table import aligned_table
from uniseg3d.evaluation.tasks.base import known_mean
from uniseg3d.geometry.depth import depth_to_pointmap, valid_depth
from uniseg3d.registry import METRICS
from uniseg3d.structures.panoptic_views import PanopticViews
from uniseg3d.structures.pointmaps import Pointmaps
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.text.class_lists import class_list
from uniseg3d.text.class_maps import class_positions
from uniseg3d.utils.errors import DataError


@METRICS.register_module()
class ViewPanopticMetric(ViewMetric):
    """``pq_scene``: all pixels of a scene are one image, after Panoptic Lifting; ``pq_scene_original`` as its program counts.

    ``pq``, ``sq``, ``rq``: the same pixels, counted over the data set. ``pq_view``: every view by itself. ``pq_3d``: every
    piece of surface once, however many pixels show it. ``miou``: classes of pixels. ``docs/view_panoptic.md`` says more.

    Args:
        classes: class list that is scored; predictions and truth are mapped to it by the names of their own classes.
        voxel: size of a piece of surface, in metres (or the unit of the data set).
    """

    def __init__(self, classes: str = 'scannet20', voxel: float = 0.05, **kwargs: str | None) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.classes, self.voxel = class_list(classes), voxel
        self.list_name = classes

    def record(self, sequence: ViewBatch, answer: Pointmaps) -> Record:
        """Counts of one scene."""
        if answer.panoptic is None:
            raise DataError('the model gave no panoptic maps')
        labels = self._labels(sequence, answer.panoptic[0])
        views = np.repeat(np.arange(sequence.views), len(labels) // sequence.views)
        count, stuff = len(self.classes), self.classes.stuff
        record = {
            'scene': pixel_counts(labels, count, stuff),
            'view': PanopticCounts.total(
                pixel_counts(labels.at(views == view), count, stuff) for view in range(sequence.views)
            ),
            'lifting': lifting_quality(labels, count, stuff),
            'lifting_original': lifting_quality(labels, count, stuff, either=True),
            'confusion': semantic_confusion(torch.from_numpy(labels.semantic), torch.from_numpy(labels.true_semantic), count),
        }
        surface = self._surface(sequence, labels)
        return record if surface is None else record | {'3d': pixel_counts(surface, count, stuff)}

    def _labels(self, sequence: ViewBatch, found: PanopticViews) -> PixelLabels:
        """Pixels of all views one after the other, in the classes of the metric."""
        if sequence.semantic is None or sequence.instance is None or sequence.classes is None:
            raise DataError('class and instance of every pixel must be known; set labels=True in the data set')
        if [part.shape for part in found.segments] != [part.shape for part in sequence.instance[0]]:
            raise DataError('the panoptic maps are of another size than the labels')
        table = np.append(class_positions(sequence.classes[0], self.list_name), -1)  # -1 reads the last place
        table = np.where(table < 0, len(self.classes), table)
        predicted = _flat(found.semantic)
        return PixelLabels(
            table[predicted], _flat(found.segments), table[_flat(sequence.semantic[0])], _flat(sequence.instance[0])
        )

    def _surface(self, sequence: ViewBatch, labels: PixelLabels) -> PixelLabels | None:
        """Where the depth is measured."""
        if sequence.depth is None or sequence.intrinsics is None or sequence.camera_to_world is None:
            return None
        points = depth_to_pointmap(sequence.depth[0], sequence.intrinsics[0], sequence.camera_to_world[0])
        valid = valid_depth(sequence.depth[0])
        return surface_pieces(labels.at(valid.flatten().numpy()), points[valid].double().numpy(), self.voxel)

    def report(self, records: dict[str, Record]) -> dict[str, float]:
        """Numbers over all scenes, and a table with a row per class in the log."""
        parts = list(records.values())
        scores = panoptic_scores(PanopticCounts.total(part['scene'] for part in parts))
        found = {name: known_mean(getattr(scores, name)[scores.present]) for name in ('pq', 'sq', 'rq')}
        semantic = semantic_scores(torch.stack([part['confusion'] for part in parts]).sum(0))
        scenes = {
            'pq_scene': [known_mean(part['lifting']) for part in parts],
            'pq_scene_original': [known_mean(part['lifting_original']) for part in parts],
        }
        found = {name: known_mean(np.array(values)) for name, values in scenes.items()} | found
        for kind, own in (('things', self.classes.things), ('stuff', self.classes.stuff)):
            chosen = [position for position in own if scores.present[position]]
            found |= {f'pq_{kind}': known_mean(scores.pq[chosen])} if chosen else {}
        for name in ('view', '3d'):
            if all(name in part for part in parts):
                found[f'pq_{name}'] = _pq(PanopticCounts.total(part[name] for part in parts))
        print_log('\n' + self._table(scores, semantic.iou), 'current')
        return found | {'miou': semantic.miou}

    def _table(self, scores: Any, iou: Tensor) -> str:
        columns = (scores.pq.tolist(), scores.sq.tolist(), scores.rq.tolist(), iou.tolist())
        rows = [row for row, there in zip(zip(self.classes.names, *columns, strict=True), scores.present, strict=True) if there]
        return aligned_table(('class', 'PQ', 'SQ', 'RQ', 'IoU'), rows)


def _flat(maps: Any) -> np.ndarray:
    return torch.cat([part.flatten() for part in maps]).numpy()


def _pq(counts: PanopticCounts) -> float:
    scores = panoptic_scores(counts)
    return known_mean(scores.pq[scores.present])
