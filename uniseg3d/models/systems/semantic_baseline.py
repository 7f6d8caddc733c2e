"""Semantic segmentation of superpoints: points -> superpoints -> classes."""

from typing import Any

import torch
import torch.nn.functional as F
from mmengine.model import BaseModel
from torch import Tensor, nn

from uniseg3d.models.layers.build import as_module
from uniseg3d.models.layers.mlp import MLP
from uniseg3d.models.layers.preprocessor import ScenePreprocessor
from uniseg3d.registry import MODELS
from uniseg3d.structures import Prediction, Sample, SceneBatch
from uniseg3d.utils.errors import ConfigError, DataError


@MODELS.register_module()
class SemanticBaseline(BaseModel):
    """An encoder of superpoints and a classifier; the label ``classes`` means void and is never learned or predicted.

    ``size_power`` weighs a superpoint by its number of points to that power: 1 follows the metric, which counts points, 0
    lets a small superpoint teach as much as a wall.
    """

    def __init__(self, encoder: nn.Module | dict[str, Any], classes: int = 20, size_power: float = 0.5) -> None:
        super().__init__(data_preprocessor=ScenePreprocessor())
        self.encoder = as_module(encoder)
        self.classes, self.size_power = classes, size_power
        dim: int = self.encoder.dim  # type: ignore[assignment]
        self.classifier = MLP([dim, dim, classes])

    def forward(self, batch: SceneBatch, mode: str = 'tensor') -> Any:
        """mmengine's entrance: ``mode`` is 'tensor' (logits), 'loss' (dict of terms) or 'predict' (list of predictions)."""
        verbs = {'tensor': self._forward, 'loss': self.loss, 'predict': self.predict}
        if mode not in verbs:
            raise ConfigError(f'mode {mode!r} is unknown; expected one of {", ".join(verbs)}')
        return verbs[mode](batch)

    def extract_feat(self, batch: SceneBatch) -> Tensor:
        """Features [sum M, dim] of all superpoints."""
        return self.encoder(batch)

    def _forward(self, batch: SceneBatch) -> Tensor:
        return self.classifier(self.extract_feat(batch))  # [sum M, classes]

    def loss(self, batch: SceneBatch) -> dict[str, Tensor]:
        """Cross entropy of the superpoints that have a class, averaged over scenes; zero for a scene where none has.

        Scenes count alike, so that two processes with half a batch each learn what one learns from the whole.
        """
        logits = self._forward(batch).split(batch.superpoint_counts)
        terms = [self._scene_loss(sample, scene_logits) for sample, scene_logits in zip(batch, logits, strict=True)]
        return {'loss_semantic': torch.stack(terms).mean()}

    def _scene_loss(self, sample: Sample, logits: Tensor) -> Tensor:
        labels = _superpoint_labels(sample)
        weight = torch.where(labels != self.classes, sample.superpoints.sizes.to(logits) ** self.size_power, 0.0)
        terms = F.cross_entropy(logits.float(), labels, ignore_index=self.classes, reduction='none')
        return (weight * terms).sum() / weight.sum().clamp(min=1)

    def predict(self, batch: SceneBatch) -> list[Prediction]:
        """The likeliest class of every superpoint."""
        labels = self._forward(batch).argmax(1).split(batch.superpoint_counts)
        return [
            Prediction(sample.scene.scene_id, sample.superpoints, semantic=semantic)
            for sample, semantic in zip(batch, labels, strict=True)
        ]


def _superpoint_labels(sample: Sample) -> Tensor:
    if sample.targets is None:
        raise DataError(f'scene {sample.scene.scene_id} has no targets; a loss needs annotated scenes')
    return sample.targets.semantic_superpoints
