"""DUSt3R and MASt3R: two images to the points of both in the frame of the first camera. MASt3R differs by its heads."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmengine.model import BaseModel
from torch import Tensor, nn

from uniseg3d.geometry.pose_encoding import encode_pose
from uniseg3d.models.heads.matched_pose import moved
from uniseg3d.models.heads.pointmap import PixelAnswers
from uniseg3d.models.layers.build import as_module
from uniseg3d.models.layers.preprocessor import ScenePreprocessor
from uniseg3d.models.systems.dust3r_checkpoint import adapt_published
from uniseg3d.registry import MODELS
from uniseg3d.structures.pointmaps import Pointmaps
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.errors import ConfigError

Part = nn.Module | dict[str, Any]
Encoded = tuple[Tensor, Tensor]  # features [B, T, dim] and positions [T, 2] of images of one size
Size = tuple[int, int]  # H, W


@MODELS.register_module()
class DUSt3R(BaseModel):
    """images -> encoder -> tokens of each -> decoder, where they look at each other -> a head for the first, one for others.

    Args:
        encoder: images [B, 3, H, W] to tokens and positions.
        decoder: tokens of all images to the layers of each.
        heads: layers and image size to ``PixelAnswers``; that of the first image, then that of every other.
        criterion: answers and batch to the loss terms; a model that only predicts needs none.
        placing: where the heads state points in each image's own camera: the pose of an image beside the first one.
        matching: descriptors, which ``placing`` has, and batch to a further term: what shows one place shall look alike.
    """

    def __init__(
        self,
        encoder: Part,
        decoder: Part,
        heads: Sequence[Part],
        criterion: Part | None = None,
        placing: Part | None = None,
        matching: Part | None = None,
    ) -> None:
        super().__init__(data_preprocessor=ScenePreprocessor())
        if len(heads) != 2:
            raise ConfigError(f'{len(heads)} heads; expected two, one for the first image and one for the other')
        if matching is not None and placing is None:
            raise ConfigError('matching learns the descriptors that placing has; give both or none')
        self.encoder: Any = as_module(encoder)
        self.decoder: Any = as_module(decoder)
        self.heads = nn.ModuleList(as_module(head) for head in heads)
        self.criterion: Any = None if criterion is None else as_module(criterion)
        self.placing: Any = None if placing is None else as_module(placing)
        self.matching: Any = None if matching is None else as_module(matching)

    def forward(self, batch: ViewBatch, mode: str = 'tensor') -> Any:
        """mmengine's entrance: ``mode`` is 'tensor' (pointmaps), 'loss' (dict of terms) or 'predict' (pointmaps)."""
        verbs = {'tensor': self._forward, 'loss': self.loss, 'predict': self.predict}
        if mode not in verbs:
            raise ConfigError(f'mode {mode!r} is unknown; expected one of {", ".join(verbs)}')
        return verbs[mode](batch)

    def extract_feat(self, images: Tensor) -> Encoded:
        """Images [B, 3, H, W] in -1..1 as the decoder takes them; an image of several pairs is encoded once."""
        return self.encoder(images)

    def decode(self, encoded: Sequence[Encoded], sizes: Sequence[Size]) -> list[PixelAnswers]:
        """Answers for each of the encoded images, which may differ in size; the first one's camera is the world."""
        return self._answers(self.decoder(*zip(*encoded, strict=True)), sizes)

    def _answers(self, layers: Sequence[Sequence[Tensor]], sizes: Sequence[Size]) -> list[PixelAnswers]:
        heads = [self.heads[0]] + [self.heads[1]] * (len(layers) - 1)
        first, *others = [head(image, size) for head, image, size in zip(heads, layers, sizes, strict=True)]
        if self.placing is not None:
            seen = self.placing.landmarks(layers[0], first.points)
            views = zip(others, layers[1:], strict=True)
            others = [moved(answer, self.placing(image, answer.points, seen)) for answer, image in views]
        return [first, *others]

    def _layers(self, batch: ViewBatch) -> list[list[Tensor]]:
        """What encoder and decoder make of the images, for each view; an image of the batch is encoded once."""
        features, positions = self.extract_feat(batch.images.flatten(0, 1))
        views = features.unflatten(0, (len(batch), -1)).unbind(1)
        return self.decoder(views, [positions] * len(views))

    def _forward(self, batch: ViewBatch) -> Pointmaps:
        return _joined(self._answers(self._layers(batch), [batch.size] * batch.views))

    def loss(self, batch: ViewBatch) -> dict[str, Tensor]:
        """The terms of the criterion over all pairs."""
        if self.criterion is None:
            raise ConfigError('this model has no criterion; give one in its config to train it')
        layers = self._layers(batch)
        losses = self.criterion(_joined(self._answers(layers, [batch.size] * batch.views)), batch)
        if self.matching is None:
            return losses
        return losses | self.matching([self.placing.looks(image) for image in layers], batch)

    def predict(self, batch: ViewBatch) -> Pointmaps:
        """What the images alone tell; nothing else of the batch is looked at."""
        return self._forward(batch)

    def adapt_weights(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Released weights under the names of this model; its own pass as they are."""
        return adapt_published(weights)


def _joined(answers: Sequence[PixelAnswers]) -> Pointmaps:
    """The answers about all views; with poses and local points where those are stated. The first camera is the world."""
    points = torch.stack([answer.points for answer in answers], 1)
    confidence = torch.stack([answer.confidence for answer in answers], 1)
    if answers[-1].pose is None:
        return Pointmaps(points, confidence)
    first = encode_pose(torch.eye(4, device=points.device)).expand(len(points), -1)
    poses = [first if answer.pose is None else answer.pose for answer in answers]
    local = [answer.points if answer.local is None else answer.local for answer in answers]
    return Pointmaps(points, confidence, torch.stack(local, 1), None, torch.stack(poses, 1))
