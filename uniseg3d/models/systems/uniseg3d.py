"""UniSeg3D: six tasks on one point cloud from one set of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from mmengine.model import BaseModel
from torch import Tensor, nn

from uniseg3d.models.decoders.query_decoder import SceneMemory
from uniseg3d.models.layers.build import as_module
from uniseg3d.models.layers.preprocessor import ScenePreprocessor
from uniseg3d.ops.scatter import segment_mean
from uniseg3d.registry import MODELS
from uniseg3d.structures import MaskOutput, Prediction, Prompts, QuerySet, Sample, SceneBatch, Superpoints, Targets
from uniseg3d.structures.container import Container
from uniseg3d.utils.errors import ConfigError, DataError

Part = nn.Module | dict[str, Any]


@dataclass(eq=False)
class EncodedScene(Container):
    """All that a scene has to be asked for, once: prompts may come later and as often as one likes."""

    scene_id: str
    superpoints: Superpoints
    features: Tensor  # [M, C]
    memory: SceneMemory


@MODELS.register_module()
class UniSeg3D(BaseModel):
    """points -> encoder -> superpoint features -> queries (scene | clicks | texts) -> decoder -> losses or predictions.

    Args:
        encoder: SceneBatch to features [sum M, C] of all superpoints.
        text_encoder: token rows [T, L] to [T, C].
        queries: features, prompts and text features of one scene to its QuerySet.
        decoder: features and queries of one scene to a MaskOutput per prediction head.
        criterion: outputs, queries and targets of all scenes to the loss terms; a model that only predicts needs none.
        postprocess: the final output of one scene to its Prediction.
    """

    def __init__(
        self,
        encoder: Part,
        text_encoder: Part,
        queries: Part,
        decoder: Part,
        postprocess: Part,
        criterion: Part | None = None,
    ) -> None:
        super().__init__(data_preprocessor=ScenePreprocessor())
        self.encoder = as_module(encoder)
        self.text_encoder = as_module(text_encoder)
        self.queries = as_module(queries)
        self.decoder = as_module(decoder)
        self.postprocess = as_module(postprocess)
        self.criterion = None if criterion is None else as_module(criterion)

    def forward(self, batch: SceneBatch, mode: str = 'tensor') -> Any:
        """mmengine's entrance: ``mode`` is 'tensor' (final outputs), 'loss' (dict of terms) or 'predict' (predictions)."""
        verbs = {'tensor': self._forward, 'loss': self.loss, 'predict': self.predict}
        if mode not in verbs:
            raise ConfigError(f'mode {mode!r} is unknown; expected one of {", ".join(verbs)}')
        return verbs[mode](batch)

    def extract_feat(self, batch: SceneBatch) -> list[EncodedScene]:
        """What the superpoints of each scene look like; see :meth:`answer` for asking more of it later."""
        counts = batch.superpoint_counts
        xyz = torch.cat([sample.scene.xyz for sample in batch])
        features = self.encoder(batch).split(counts)
        centres = segment_mean(xyz, batch.superpoint_ids, sum(counts)).split(counts)
        return [
            EncodedScene(sample.scene.scene_id, sample.superpoints, feature, self.decoder.encode(feature, centre))
            for sample, feature, centre in zip(batch, features, centres, strict=True)
        ]

    def _forward(self, batch: SceneBatch) -> list[MaskOutput]:
        scenes = self.extract_feat(batch)
        queries = self._ask(scenes, [sample.prompts for sample in batch])
        return [self._decode(scene, asked)[-1] for scene, asked in zip(scenes, queries, strict=True)]

    def loss(self, batch: SceneBatch) -> dict[str, Tensor]:
        """The terms of the criterion over all scenes."""
        if self.criterion is None:
            raise ConfigError('this model has no criterion; give one in its config to train it')
        targets = [_targets(sample) for sample in batch]
        scenes = self.extract_feat(batch)
        queries = self._ask(scenes, [sample.prompts for sample in batch])
        outputs = [self._decode(scene, asked, all_heads=True) for scene, asked in zip(scenes, queries, strict=True)]
        return self.criterion(outputs, queries, targets)

    def predict(self, batch: SceneBatch) -> list[Prediction]:
        """Answers to all tasks for every scene; targets are not looked at."""
        scenes = self.extract_feat(batch)
        queries = self._ask(scenes, [sample.prompts for sample in batch])
        return [self._answer(scene, asked) for scene, asked in zip(scenes, queries, strict=True)]

    def answer(self, scene: EncodedScene, prompts: Prompts) -> Prediction:
        """Masks for prompts about a scene that was encoded before.

        Once the scene was asked for everything, this costs as much as the prompts, however large the scene is.
        """
        (asked,) = self._ask([scene], [prompts])
        return self._answer(scene, asked.only('clicks', 'texts') if scene.memory.scene else asked)

    def _ask(self, scenes: Sequence[EncodedScene], prompts: Sequence[Prompts]) -> list[QuerySet]:
        tokens = torch.cat([asked.texts.tokens for asked in prompts])
        texts = self.text_encoder(tokens).split([len(asked.texts) for asked in prompts])
        return [self.queries(scene.features, asked, text) for scene, asked, text in zip(scenes, prompts, texts, strict=True)]

    def _answer(self, scene: EncodedScene, asked: QuerySet) -> Prediction:
        output = self._decode(scene, asked)[-1]
        return self.postprocess(output, asked, scene.superpoints, scene.scene_id)

    def _decode(self, scene: EncodedScene, asked: QuerySet, all_heads: bool = False) -> list[MaskOutput]:
        return self.decoder.answer(scene.memory, asked, all_heads)


def _targets(sample: Sample) -> Targets:
    if sample.targets is None:
        raise DataError(f'scene {sample.scene.scene_id} has no targets; a loss needs annotated scenes')
    return sample.targets
