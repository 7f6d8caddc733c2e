"""Panoptic quality of segments in labelled photos, in the classes that the network learned."""

import numpy as np

from uniseg3d.evaluation.functional.label_maps import class_ious, label_confusion
from uniseg3d.evaluation.functional.panoptic import PanopticCounts, panoptic_scores
from uniseg3d.evaluation.functional.view_panoptic import PixelLabels, pixel_counts
from uniseg3d.evaluation.metrics.views import Record, ViewMetric
from uniseg3d.evaluation.tasks.base import known_mean
from uniseg3d.registry import METRICS
from uniseg3d.structures.video_segments import VideoSegments
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.text.class_lists import class_list
from uniseg3d.text.class_maps import class_positions
from uniseg3d.utils.errors import DataError


@METRICS.register_module()
class PhotoPanopticMetric(ViewMetric):
    """``pq``, ``sq``, ``rq`` over the classes that occur, and ``miou``; views of a sample are one image.

    ``classes``: class list that segments are labelled in; the truth is mapped to it by the names of its classes.
    """

    def __init__(self, classes: str = 'coco133', **kwargs: str | None) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.classes, self.list_name = class_list(classes), classes

    def record(self, sequence: ViewBatch, answer: VideoSegments) -> Record:  # type: ignore[override]
        """Counts of one sample."""
        if sequence.semantic is None or sequence.instance is None or sequence.classes is None:
            raise DataError('class and segment of every pixel must be known')
        count = len(self.classes)
        table = np.append(class_positions(sequence.classes[0], self.list_name), -1)  # -1 reads the last place
        truth, said = table[sequence.semantic[0].numpy()], answer.semantic_maps().numpy()
        void = [np.where(labels < 0, count, labels).reshape(-1) for labels in (said, truth)]
        segments = [maps.reshape(-1).numpy() for maps in (answer.maps, sequence.instance[0])]
        labels = PixelLabels(void[0], segments[0], void[1], segments[1])
        return {
            'panoptic': pixel_counts(labels, count, self.classes.stuff),
            'confusion': label_confusion(said, truth, count),
        }

    def report(self, records: dict[str, Record]) -> dict[str, float]:
        """Numbers over all samples."""
        scores = panoptic_scores(PanopticCounts.total(record['panoptic'] for record in records.values()))
        found = {name: known_mean(getattr(scores, name)[scores.present]) for name in ('pq', 'sq', 'rq')}
        return found | {'miou': known_mean(class_ious(sum(record['confusion'] for record in records.values())))}
