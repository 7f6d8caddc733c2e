"""The honest baseline of queries that are shared over views: every view by itself, then linked in space."""

from typing import Any

from uniseg3d.models.postprocess.linked_segments import link_segments
from uniseg3d.models.systems.panst3r import PanSt3R
from uniseg3d.registry import MODELS
from uniseg3d.structures.panoptic_views import PanopticViews
from uniseg3d.structures.pointmaps import Pointmaps
from uniseg3d.structures.view_batch import ViewBatch


@MODELS.register_module()
class LinkedPanSt3R(PanSt3R):
    """PanSt3R, whose points are those of all views together, and whose segments are its answers to each view alone.

    Trained it is the same; so it takes the weights of the other.

    Args:
        size, least_iou: as of :func:`link_segments`.
        others: those of :class:`PanSt3R`.
    """

    def __init__(self, *args: Any, size: float = 0.02, least_iou: float = 0.25, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.size, self.least_iou = size, least_iou

    def predict(self, batch: ViewBatch) -> Pointmaps:
        """What the images and the names of classes alone tell, sequence by sequence."""
        together = super().predict(batch)
        together.panoptic = [
            link_segments([self._alone(sequence, view) for view in range(batch.views)], points, self.size, self.least_iou)
            for sequence, points in zip(batch, together.world, strict=True)
        ]
        return together

    def _alone(self, sequence: ViewBatch, view: int) -> PanopticViews:
        """The answer to one view of one sequence."""
        images, names = sequence.images[:, view : view + 1], [sequence.names[0][view : view + 1]]
        (answer,) = super().predict(ViewBatch(sequence.scene_ids, images, names, classes=sequence.classes)).panoptic or []
        return answer
