"""DUSt3R and MASt3R: two images to the points of both in the frame of the first camera. MASt3R differs by its heads."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmengine.model import BaseModel
from torch import Tensor, nn

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
    """

    def __init__(self, encoder: Part, decoder: Part, heads: Sequence[Part], criterion: Part | None = None) -> None:
        super().__init__(data_preprocessor=ScenePreprocessor())
        if len(heads) != 2:
            raise ConfigError(f'{len(heads)} heads; expected two, one for the first image and one for the other')
        self.encoder: Any = as_module(encoder)
        self.decoder: Any = as_module(decoder)
        self.heads = nn.ModuleList(as_module(head) for head in heads)
        self.criterion: Any = None if criterion is None else as_module(criterion)

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
        layers = self.decoder([features for features, _ in encoded], [positions for _, positions in encoded])
        heads = [self.heads[0]] + [self.heads[1]] * (len(layers) - 1)
        return [head(image, size) for head, image, size in zip(heads, layers, sizes, strict=True)]

    def _forward(self, batch: ViewBatch) -> Pointmaps:
        features, positions = self.extract_feat(batch.images.flatten(0, 1))
        views = features.unflatten(0, (len(batch), -1)).unbind(1)
        answers = self.decode([(view, positions) for view in views], [batch.size] * batch.views)
        return Pointmaps(
            torch.stack([answer.points for answer in answers], 1), torch.stack([answer.confidence for answer in answers], 1)
        )

    def loss(self, batch: ViewBatch) -> dict[str, Tensor]:
        """The terms of the criterion over all pairs."""
        if self.criterion is None:
            raise ConfigError('this model has no criterion; give one in its config to train it')
        return self.criterion(self._forward(batch), batch)

    def predict(self, batch: ViewBatch) -> Pointmaps:
        """What the images alone tell; nothing else of the batch is looked at."""
        return self._forward(batch)

    def adapt_weights(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Released weights under the names of this model; its own pass as they are."""
        return adapt_published(weights)
