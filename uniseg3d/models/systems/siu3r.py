"""SIU3R: photos to labelled 3D gaussians, two or more at a time."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from mmengine.logging import print_log
from mmengine.model import BaseModel
from torch import Tensor, nn

from uniseg3d.geometry.cameras import normalize_intrinsics
from uniseg3d.geometry.pose_encoding import decode_pose
from uniseg3d.geometry.se3 import apply_pose
from uniseg3d.geometry.spread import spread
from uniseg3d.models.decoders.scene_answer import SceneAnswer
from uniseg3d.models.decoders.video_mask_decoder import VideoMasks
from uniseg3d.models.encoders.camera_vit import CameraTokens
from uniseg3d.models.layers.build import as_module
from uniseg3d.models.layers.preprocessor import ScenePreprocessor
from uniseg3d.models.postprocess.lifting import lift_labels
from uniseg3d.models.postprocess.video_segments import InstanceRule, SegmentRule, full_size
from uniseg3d.models.systems.siu3r_cameras import checked_intrinsics, estimated_intrinsics, guessed_intrinsics
from uniseg3d.models.systems.siu3r_checkpoint import adapt_published, load_geometry, load_masks
from uniseg3d.registry import MODELS
from uniseg3d.structures.gaussian_scene import GaussianScene
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.errors import ConfigError, DataError

Part = nn.Module | dict[str, Any]
RULES: dict[str, Callable[..., SegmentRule | InstanceRule]] = {'panoptic': SegmentRule, 'instance': InstanceRule}


@MODELS.register_module()
class SIU3R(BaseModel):
    """images and cameras -> encoder -> decoder -> heads -> gaussians; inside the encoder -> adapter -> queries -> masks.

    Both meet in the end: every gaussian has the labels of its pixel.

    Args:
        encoder: images [N, 3, H, W] and cameras [N, 3, 3] to ``CameraTokens``.
        decoder: tokens of all views to the layers of each.
        centre_heads, gaussian_heads: for the first view, whose camera is the world, and for all others.
        gaussian_adapter: points and raw numbers to gaussians.
        placing: where the centre heads state points along the rays of each image's own camera: the pose of an image beside the
            first one. ``None``: they state points in the first camera.
        image_adapter: images and the encoder's blocks to maps of four resolutions.
        mask_decoder: these maps of all views to masks and classes of queries.
        text_encoder, text_matcher: sentences to features, and these to the queries they mean. ``None``: no sentences.
        criterion: answers and batch to the loss terms; a model that only predicts needs none.
        seen: how many views of a sequence the network sees, the first and the last among them; the others are only rendered.
            ``None`` = all.
        unit_images: images in 0..1, as the released weights were trained; else in -1..1, as those that the encoder starts
            from were.
        segments: what segments are: 'panoptic' or 'instance', with the fields of ``SegmentRule`` or ``InstanceRule``.
        geometry_weights: file of DUSt3R, MASt3R or a DUSt3R that was trained here, which training starts from.
        mask_weights: file of a COCO pre-training of image adapter and mask decoder, which training starts from.
    """

    def __init__(
        self,
        encoder: Part,
        decoder: Part,
        centre_heads: Sequence[Part],
        gaussian_heads: Sequence[Part],
        image_adapter: Part,
        mask_decoder: Part,
        gaussian_adapter: Part | None = None,
        placing: Part | None = None,
        text_encoder: Part | None = None,
        text_matcher: Part | None = None,
        criterion: Part | None = None,
        seen: int | None = None,
        unit_images: bool = False,
        segments: Mapping[str, Any] | None = None,
        geometry_weights: str | Path | None = None,
        mask_weights: str | Path | None = None,
    ) -> None:
        super().__init__(data_preprocessor=ScenePreprocessor())
        if len(centre_heads) != 2 or len(gaussian_heads) != 2:
            raise ConfigError('SIU3R needs two centre_heads and two gaussian_heads: for the first view and for the others')
        if (text_encoder is None) != (text_matcher is None):
            raise ConfigError('text_encoder and text_matcher come together; give both or none')
        if seen is not None and seen < 2:
            raise ConfigError(f'seen must be at least 2 views, or None for all, got {seen}')
        self.encoder: Any = as_module(encoder)
        self.decoder: Any = as_module(decoder)
        self.centre_heads = nn.ModuleList(as_module(head) for head in centre_heads)
        self.gaussian_heads = nn.ModuleList(as_module(head) for head in gaussian_heads)
        self.gaussian_adapter: Any = as_module(gaussian_adapter or {'type': 'GaussianAdapter'})
        self.placing: Any = None if placing is None else as_module(placing)
        self.image_adapter: Any = as_module(image_adapter)
        self.mask_decoder: Any = as_module(mask_decoder)
        self.text_encoder: Any = None if text_encoder is None else as_module(text_encoder)
        self.text_matcher: Any = None if text_matcher is None else as_module(text_matcher)
        self.criterion: Any = None if criterion is None else as_module(criterion)
        self.seen, self.unit_images, self.rule = seen, unit_images, _rule(segments or {})
        self.geometry_weights, self.mask_weights = geometry_weights, mask_weights

    def forward(self, batch: ViewBatch, mode: str = 'tensor') -> Any:
        """mmengine's entrance: ``mode`` is 'tensor' (answers), 'loss' (dict of terms) or 'predict' (scenes)."""
        verbs: dict[str, Callable[..., Any]] = {'tensor': self._forward, 'loss': self.loss, 'predict': self.predict}
        if mode not in verbs:
            raise ConfigError(f'mode {mode!r} is unknown; expected one of {", ".join(verbs)}')
        return verbs[mode](batch)

    def extract_feat(self, images: Tensor, cameras: Tensor) -> CameraTokens:
        """Images [B, V, 3, H, W] as the network takes them, cameras [B, V, 3, 3] in pixels: tokens of B * V views."""
        return self.encoder(images.flatten(0, 1), normalize_intrinsics(cameras, *images.shape[-2:]).flatten(0, 1))

    def _forward(self, batch: ViewBatch, all_heads: bool = False) -> list[SceneAnswer]:
        """Answers about all views of the batch, whose cameras are known."""
        images, shape, cameras = self._shown(batch.images), batch.images.shape[:2], _known(batch)
        tokens = self.extract_feat(images, cameras)
        layers = self._layers(tokens, shape)
        points, raw = self._points(layers, batch.size, cameras), self._raw(layers, images)
        maps = self.image_adapter(images.flatten(0, 1), tokens.inner)
        masks = self.mask_decoder([map_.unflatten(0, shape) for map_ in maps], all_heads)
        gaussians = [self.gaussian_adapter(*scene) for scene in zip(points, raw, batch.scene_ids, strict=True)]
        return [SceneAnswer(*scene) for scene in zip(gaussians, masks, self._texts(batch, masks), strict=True)]

    def _shown(self, images: Tensor) -> Tensor:
        return (images + 1) / 2 if self.unit_images else images

    def _layers(self, tokens: CameraTokens, shape: Sequence[int]) -> list[list[Tensor]]:
        """Of each view the decoder's layers [B, T, dim], without the camera's token."""
        views = tokens.tokens.unflatten(0, tuple(shape)).unbind(1)
        decoded = self.decoder(views, [tokens.positions] * len(views))
        return [[layer[:, :-1] for layer in image] for image in decoded]

    def _points(self, layers: Sequence[Sequence[Tensor]], size: tuple[int, int], cameras: Tensor) -> Tensor:
        """[B, V, H, W, 3]"""
        heads = [self.centre_heads[min(i, 1)] for i in range(len(layers))]
        if self.placing is None:
            return torch.stack([head(image, size) for head, image in zip(heads, layers, strict=True)], 1)
        views = zip(heads, layers, cameras.unbind(1), strict=True)
        first, *others = [head(image, size, camera) for head, image, camera in views]
        seen = self.placing.landmarks(layers[0], first)
        poses = [self.placing(image, points, seen) for image, points in zip(layers[1:], others, strict=True)]
        return torch.stack([first, *(apply_pose(decode_pose(p), points) for p, points in zip(poses, others, strict=True))], 1)

    def _raw(self, layers: Sequence[Sequence[Tensor]], images: Tensor) -> Tensor:
        """[B, V, H, W, channels]"""
        looks = zip(layers, images.unbind(1), strict=True)
        return torch.stack([self.gaussian_heads[min(i, 1)](*look) for i, look in enumerate(looks)], 1)

    def _texts(self, batch: ViewBatch, masks: Sequence[VideoMasks]) -> list[Tensor | None]:
        """Logits [T, Q] of the sentences of every scene."""
        if batch.texts is None or self.text_encoder is None:
            return [None] * len(masks)
        features = [self.text_encoder(texts.tokens) for texts in batch.texts]
        return [self.text_matcher(own, scene.hidden) for own, scene in zip(features, masks, strict=True)]

    def loss(self, batch: ViewBatch) -> dict[str, Tensor]:
        """The terms of the criterion: the network sees some views of every sequence, and is asked to render all."""
        if self.criterion is None:
            raise ConfigError('this model has no criterion; give one in its config to train it')
        views = self.seen_views(batch.views)
        return self.criterion(self._forward(batch.select(views), all_heads=True), batch, views, self.rule)

    def seen_views(self, count: int) -> list[int]:
        """Which of ``count`` views the network sees, spread evenly."""
        if count < 2:
            raise DataError(f'{count} image shows a scene from one side only; give two or more, from different places')
        return spread(count, count if self.seen is None else self.seen)

    def predict(self, batch: ViewBatch) -> list[GaussianScene]:
        """What images tell, and cameras where they are known; nothing else of the batch is looked at."""
        views = self.seen_views(batch.views)
        given = batch.select(views)
        pictures = ViewBatch(given.scene_ids, given.images, given.names, texts=given.texts)
        pictures.intrinsics = self._cameras(given)
        parts = zip(self._forward(pictures), pictures.scene_ids, pictures.intrinsics, strict=True)
        return [self._scene(answer, scene_id, cameras, batch.size, views) for answer, scene_id, cameras in parts]

    def _scene(
        self, answer: SceneAnswer, scene_id: str, cameras: Tensor, size: tuple[int, int], views: list[int]
    ) -> GaussianScene:
        segments = self.rule(answer.masks.masks(), answer.masks.classes(), size)
        texts = None if answer.texts is None else full_size(answer.masks.masks()[answer.texts.argmax(1)], size) > 0.5
        return GaussianScene(scene_id, lift_labels(answer.gaussians, segments), segments, cameras, views, texts)

    def _cameras(self, batch: ViewBatch) -> Tensor:
        """Cameras [B, V, 3, 3] in pixels. Unknown ones are guessed, and follow from what the network then makes of the first
        view; all views of a scene have the same.
        """
        if batch.intrinsics is not None:
            return checked_intrinsics(batch.intrinsics, batch.size, batch.scene_ids)
        shape, images = batch.images.shape[:2], self._shown(batch.images)
        cameras = guessed_intrinsics(shape[0], batch.size, images)
        cameras = cameras[:, None].expand(-1, shape[1], -1, -1)
        first = self._points(self._layers(self.extract_feat(images, cameras), shape)[:1], batch.size, cameras[:, :1])[:, 0]
        return estimated_intrinsics(first)[:, None].expand(-1, shape[1], -1, -1)

    def init_weights(self) -> None:
        """What the runner calls before training: fill what other networks know from their files."""
        super().init_weights()
        for path, load in ((self.geometry_weights, load_geometry), (self.mask_weights, load_masks)):
            if path is not None:
                print_log(f'SIU3R starts from {path}: {load(self, path)}', 'current')

    def adapt_weights(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Released weights under the names of this model; its own pass as they are."""
        return adapt_published(weights)


def _known(batch: ViewBatch) -> Tensor:
    if batch.intrinsics is None:
        raise DataError(f'{batch.scene_ids} lack intrinsics; training needs them, and predict() estimates them')
    return batch.intrinsics


def _rule(fields: Mapping[str, Any]) -> SegmentRule | InstanceRule:
    kind = dict(fields).pop('kind', 'panoptic')
    if kind not in RULES:
        raise ConfigError(f'segments of the kind {kind!r} are unknown; expected one of {", ".join(RULES)}')
    return RULES[kind](**{name: value for name, value in fields.items() if name != 'kind'})
