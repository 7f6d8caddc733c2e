"""The half of SIU3R that knows what things are, taught with labelled photos before the other half is there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mmengine.logging import print_log
from mmengine.model import BaseModel
from torch import Tensor, nn

from uniseg3d.geometry.cameras import normalize_intrinsics
from uniseg3d.models.criteria.gaussian_views import pixel_entropy, view_answers
from uniseg3d.models.criteria.view_truth import view_truths
from uniseg3d.models.decoders.video_mask_decoder import VideoMasks
from uniseg3d.models.layers.build import as_module
from uniseg3d.models.layers.preprocessor import ScenePreprocessor
from uniseg3d.models.postprocess.video_segments import SegmentRule
from uniseg3d.models.systems.siu3r_checkpoint import load_encoder
from uniseg3d.registry import MODELS
from uniseg3d.structures.video_segments import VideoSegments
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import ConfigError, DataError

Part = nn.Module | dict[str, Any]


@MODELS.register_module()
class SIU3RHead(BaseModel):
    """images -> encoder, which stays as it is -> adapter -> queries -> masks. ``SIU3R`` starts from its file: ``mask_weights``.

    Args:
        encoder, image_adapter, mask_decoder: those of the ``SIU3R`` that is to start from it.
        segments: criterion of masks and classes; a model that only predicts needs none.
        classes: name of the class list that the network's classes are those of.
        geometry_weights: file of DUSt3R or MASt3R, or of a DUSt3R that was trained here: what the encoder knows.
    """

    def __init__(
        self,
        encoder: Part,
        image_adapter: Part,
        mask_decoder: Part,
        segments: Part | None = None,
        classes: str = 'coco133',
        unit_images: bool = False,
        geometry_weights: str | Path | None = None,
    ) -> None:
        super().__init__(data_preprocessor=ScenePreprocessor())
        self.encoder: Any = as_module(encoder).requires_grad_(False)
        self.image_adapter: Any = as_module(image_adapter)
        self.mask_decoder: Any = as_module(mask_decoder)
        self.segments: Any = None if segments is None else as_module(segments)
        listed = class_list(classes)
        self.vocabulary, self.rule = listed.names, SegmentRule(stuff=listed.stuff)
        self.unit_images, self.geometry_weights = unit_images, geometry_weights
        known: int = self.mask_decoder.classifier.out_features - 1  # type: ignore[union-attr, operator, assignment]
        if known != len(self.vocabulary):
            raise ConfigError(f'the mask decoder has {known} classes, the list {classes} has {len(self.vocabulary)}')

    def forward(self, batch: ViewBatch, mode: str = 'tensor') -> Any:
        """mmengine's entrance: ``mode`` is 'tensor' (masks), 'loss' (dict of terms) or 'predict' (segments)."""
        verbs: dict[str, Callable[..., Any]] = {'tensor': self._forward, 'loss': self.loss, 'predict': self.predict}
        if mode not in verbs:
            raise ConfigError(f'mode {mode!r} is unknown; expected one of {", ".join(verbs)}')
        return verbs[mode](batch)

    def _forward(self, batch: ViewBatch, all_heads: bool = False) -> list[VideoMasks]:
        if batch.intrinsics is None:
            raise DataError(f'{batch.scene_ids} lack intrinsics, which the encoder is told')
        images = (batch.images + 1) / 2 if self.unit_images else batch.images
        cameras: Tensor = normalize_intrinsics(batch.intrinsics, *batch.size).flatten(0, 1)
        inner = self.encoder(images.flatten(0, 1), cameras).inner
        maps = self.image_adapter(images.flatten(0, 1), inner)
        return self.mask_decoder([map_.unflatten(0, batch.images.shape[:2]) for map_ in maps], all_heads)

    def loss(self, batch: ViewBatch) -> dict[str, Tensor]:
        """The terms of the criterion, of all heads."""
        if self.segments is None:
            raise ConfigError('this model has no criterion; give one as segments in its config to train it')
        masks = self._forward(batch, all_heads=True)
        said = [[view_answers(scene, head) for head in range(len(scene.outputs))] for scene in masks]
        truths = view_truths(batch, self.vocabulary)
        losses = self.segments(said, truths)
        return losses | ({'loss_pixels': pixel_entropy(masks, truths)} if masks[0].pixels is not None else {})

    def predict(self, batch: ViewBatch) -> list[VideoSegments]:
        """Segments of every scene; nothing but images and cameras is looked at."""
        return [self.rule(masks.masks(), masks.classes(), batch.size) for masks in self._forward(batch)]

    def init_weights(self) -> None:
        """What the runner calls before training."""
        super().init_weights()
        if self.geometry_weights is not None:
            told = load_encoder(self, self.geometry_weights)
            print_log(f'the encoder starts from {self.geometry_weights}: {told}', 'current')
