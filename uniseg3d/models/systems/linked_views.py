"""The honest baseline of models that share queries over views: every view by itself, then linked in space."""

from collections.abc import Mapping
from typing import Any

from mmengine.model import BaseModel
from torch import Tensor, nn

from uniseg3d.models.layers.build import as_module
from uniseg3d.models.layers.preprocessor import ScenePreprocessor
from uniseg3d.models.postprocess.linked_segments import link_segments
from uniseg3d.registry import MODELS
from uniseg3d.structures.panoptic_views import PanopticViews
from uniseg3d.structures.pointmaps import Pointmaps
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.errors import ConfigError, DataError


@MODELS.register_module()
class LinkedViews(BaseModel):
    """Points are those of ``model`` for all views together; segments are its answers to each view alone.

    Args:
        model: views to points and panoptic maps.
        size, least_iou: as of :func:`link_segments`.
    """

    def __init__(self, model: nn.Module | dict[str, Any], size: float = 0.02, least_iou: float = 0.25) -> None:
        super().__init__(data_preprocessor=ScenePreprocessor())
        self.model: Any = as_module(model)
        self.size, self.least_iou = size, least_iou

    def forward(self, batch: ViewBatch, mode: str = 'predict') -> Pointmaps:
        """mmengine's entrance; this baseline does not learn."""
        if mode == 'loss':
            raise ConfigError('LinkedViews does not learn; train the model that it wraps')
        return self.predict(batch)

    def predict(self, batch: ViewBatch) -> Pointmaps:
        """Answers for all sequences."""
        together = self.model.predict(batch)
        together.panoptic = [
            link_segments([self._alone(sequence, view) for view in range(batch.views)], points, self.size, self.least_iou)
            for sequence, points in zip(batch, together.world, strict=True)
        ]
        return together

    def _alone(self, sequence: ViewBatch, view: int) -> PanopticViews:
        """What the model says about one view of one sequence."""
        image = ViewBatch(
            sequence.scene_ids,
            sequence.images[:, view : view + 1],
            [sequence.names[0][view : view + 1]],
            classes=sequence.classes,
        )
        answer = self.model.predict(image).panoptic
        if answer is None:
            raise DataError(f'{type(self.model).__name__} gives no panoptic maps; there is nothing to link')
        return answer[0]

    def adapt_weights(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Weights of the model, also where they are its own file's."""
        inside = {name.removeprefix('model.'): value for name, value in weights.items()}
        adapt = getattr(self.model, 'adapt_weights', dict)
        return {f'model.{name}': value for name, value in adapt(inside).items()}
