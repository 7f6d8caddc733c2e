"""UniSeg3D: six tasks on one point cloud from one set of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from mmengine.logging import print_log
from mmengine.model import BaseModel
from torch import Tensor, nn

from uniseg3d.models.decoders.query_decoder import SceneMemory
from uniseg3d.models.heads import OpenClassHead
from uniseg3d.models.layers.build import as_module
from uniseg3d.models.layers.preprocessor import ScenePreprocessor
from uniseg3d.models.systems.uniseg3d_checkpoint import adapt_published, load_backbone
from uniseg3d.models.systems.uniseg3d_classes import ClassNames, adapt_class_rows
from uniseg3d.ops.scatter import segment_mean
from uniseg3d.registry import MODELS
from uniseg3d.structures import MaskOutput, MaskSet, Prediction, Prompts, QuerySet, Sample, SceneBatch, Superpoints, Targets
from uniseg3d.structures.container import Container
from uniseg3d.text.class_embeddings import embed_classes
from uniseg3d.text.class_files import read_class_embeddings
from uniseg3d.text.class_lists import class_list
from uniseg3d.text.templates import find_templates
from uniseg3d.utils.errors import ConfigError, DataError

Part = nn.Module | dict[str, Any]


@dataclass(eq=False)
class EncodedScene(Container):
    """All that a scene has to be asked for, once: prompts may come later and as often as one likes."""

    scene_id: str
    superpoints: Superpoints
    features: Tensor  # [M, C]
    memory: SceneMemory
    objects: MaskSet | None = None  # what was found in it, once it was asked for everything


@MODELS.register_module()
class UniSeg3D(BaseModel):
    """points -> encoder -> superpoint features -> queries (scene | clicks | texts) -> decoder -> losses or predictions.

    Args:
        encoder: SceneBatch to features [sum M, C] of all superpoints.
        queries: features, prompts and text features of one scene to its QuerySet.
        decoder: features and queries of one scene to a MaskOutput per prediction head.
        criterion: outputs, queries and targets of all scenes to the loss terms; a model that only predicts needs none.
        corrections: sample and a way to predict the masks of its clicks to prompts with more clicks, in training only.
        class_embeddings: file of class embeddings [C, P, E], for a decoder whose heads compare with embedded class names.
        classes: class list that the file must embed, in its order; ``None`` = whatever the file holds.
        names: anything at all that predictions shall also find instances of, or a class list; for a decoder with a name head.
        name_templates: sentences that names are put into, before the text encoder reads them.
        num_stuff: the first classes, which have no instances.
        backbone_weights: file that fills the sparse U-Net when training starts, before ``load_from``.
        postprocess: the final output of one scene to its Prediction.
        text_encoder: token rows [T, L] to [T, C]; ``None``: a model that is asked no sentences and no names.
    """

    def __init__(
        self,
        encoder: Part,
        queries: Part,
        decoder: Part,
        postprocess: Part,
        text_encoder: Part | None = None,
        criterion: Part | None = None,
        corrections: Part | None = None,
        class_embeddings: str | Path | None = None,
        classes: str | None = 'scannet20',
        names: Sequence[str] | str | None = None,
        name_templates: str = 'the',
        num_stuff: int = 2,
        backbone_weights: str | Path | None = None,
    ) -> None:
        super().__init__(data_preprocessor=ScenePreprocessor())
        self.encoder: Any = as_module(encoder)
        self.text_encoder: Any = None if text_encoder is None else as_module(text_encoder)
        self.queries: Any = as_module(queries)
        self.decoder: Any = as_module(decoder)
        self.postprocess: Any = as_module(postprocess)
        self.criterion: Any = None if criterion is None else as_module(criterion)
        self.corrections: Any = None if corrections is None else as_module(corrections)
        listed = None if classes is None else class_list(classes)
        self.class_names = None if listed is None else listed.names
        if listed is not None and listed.stuff not in ((), tuple(range(num_stuff))):
            raise ConfigError(
                f'num_stuff={num_stuff}, but of {classes} the classes at {listed.stuff} have no instances; put the '
                'names of such classes first in the list, and say how many there are'
            )
        self.class_embeddings, self.num_stuff = class_embeddings, num_stuff
        self.backbone_weights = backbone_weights
        self.names = names
        self.name_templates = find_templates(name_templates)

    def forward(self, batch: SceneBatch, mode: str = 'tensor') -> Any:
        """mmengine's entrance: ``mode`` is 'tensor' (final outputs), 'loss' (dict of terms) or 'predict' (predictions)."""
        verbs = {'tensor': self._forward, 'loss': self.loss, 'predict': self.predict}
        if mode not in verbs:
            raise ConfigError(f'mode {mode!r} is unknown; expected one of {", ".join(verbs)}')
        return verbs[mode](batch)

    def set_classes(self, embeddings: Tensor) -> None:
        """Compare with these classes from now on: [C, P, E], the ``num_stuff`` classes without instances first."""
        things, everything = self.decoder.class_head, self.decoder.semantic_head
        for head in (things, everything):
            if not isinstance(head, OpenClassHead | None):
                raise ConfigError(f'{type(head).__name__} knows its classes by heart; to name others, take OpenClassHead')
        things.set_classes(embeddings[self.num_stuff :])
        if everything is not None:
            everything.set_classes(embeddings)
        self.class_embeddings = None

    def set_names(self, names: Sequence[str] | str | None) -> None:
        """Find instances of these from now on, too: names as people say them, or a class list; ``None`` = of no names."""
        self.names = names

    def init_weights(self) -> None:
        """What the runner calls before training: fill the text tower and the sparse U-Net from their files."""
        super().init_weights()
        if self.backbone_weights is not None:
            left = load_backbone(self.encoder.unet, self.backbone_weights)
            print_log(f'the sparse U-Net starts from {self.backbone_weights}; not used of it: {left or "nothing"}', 'current')

    def adapt_weights(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Released weights under the names of this model; its own pass as they are."""
        return adapt_published(weights, self.state_dict())

    def adapt_classes(
        self, weights: Mapping[str, Tensor], names: Sequence[str], stuff: Sequence[int]
    ) -> tuple[dict[str, Tensor], str]:
        """Weights for the classes ``names``, of which those at ``stuff`` have no instances, as weights for this model's.

        Also says what was taken over; '' where nothing had to be.
        """
        if self.class_names is None or tuple(names) == self.class_names:
            return dict(weights), ''
        before = ClassNames(tuple(names), tuple(name for i, name in enumerate(names) if i not in stuff))
        return adapt_class_rows(self, weights, before, ClassNames(self.class_names, self.class_names[self.num_stuff :]))

    def extract_feat(self, batch: SceneBatch) -> list[EncodedScene]:
        """What the superpoints of each scene look like; see :meth:`answer` for asking more of it later."""
        if self.class_embeddings is not None:  # here and not before: only now is the file needed
            width = getattr(self.decoder.class_head, 'embed_dim', None)
            self.set_classes(read_class_embeddings(self.class_embeddings, self.class_names, width))
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
        queries = self._ask(scenes, self._training_prompts(scenes, batch))
        outputs = [self._decode(scene, asked, all_heads=True) for scene, asked in zip(scenes, queries, strict=True)]
        return self.criterion(outputs, queries, targets)

    def predict(self, batch: SceneBatch) -> list[Prediction]:
        """Answers to all tasks for every scene; targets are not looked at."""
        scenes = self.extract_feat(batch)
        queries = self._ask(scenes, [sample.prompts for sample in batch])
        said = self._said()
        return [self._answer(scene, asked, said) for scene, asked in zip(scenes, queries, strict=True)]

    def answer(self, scene: EncodedScene, prompts: Prompts, everything: bool = False) -> Prediction:
        """Masks for prompts about a scene that was encoded before.

        Once the scene was asked for everything, this costs as much as the prompts, however large the scene is, unless
        ``everything`` is asked for again, such as other names.
        """
        (asked,) = self._ask([scene], [prompts])
        if scene.memory.scene and not everything:
            return self._answer(scene, asked.only('clicks', 'texts'))
        return self._answer(scene, asked, self._said())

    def text_masks(self, scene: EncodedScene, prompts: Prompts) -> Tensor:
        """How much speaks for each sentence meaning each superpoint, logits [K, M]."""
        (asked,) = self._ask([scene], [prompts])
        return self._decode(scene, asked.only('texts'))[-1].masks.float()

    def _training_prompts(self, scenes: Sequence[EncodedScene], batch: SceneBatch) -> list[Prompts]:
        if self.corrections is None:
            return [sample.prompts for sample in batch]
        ways = [partial(self._click_masks, scene) for scene in scenes]
        return [self.corrections(sample, way) for sample, way in zip(batch, ways, strict=True)]

    def _click_masks(self, scene: EncodedScene, prompts: Prompts) -> Tensor:
        """Masks [K, M] bool of the clicks alone."""
        (asked,) = self._ask([scene], [prompts])
        return self._decode(scene, asked.only('clicks'))[-1].masks > 0

    def _ask(self, scenes: Sequence[EncodedScene], prompts: Sequence[Prompts]) -> list[QuerySet]:
        texts = self._read([asked.texts.tokens for asked in prompts], scenes[0].features)
        return [self.queries(scene.features, asked, text) for scene, asked, text in zip(scenes, prompts, texts, strict=True)]

    def _read(self, tokens: Sequence[Tensor], like: Tensor) -> Sequence[Tensor]:
        """Features [T, C] of the sentences of each scene; those of none are ``like`` the features [M, C] of superpoints."""
        if self.text_encoder is None and not any(map(len, tokens)):
            return [like[:0] for _ in tokens]
        return self._encode_texts(torch.cat(list(tokens))).split([len(own) for own in tokens])

    def _encode_texts(self, tokens: Tensor) -> Tensor:
        if self.text_encoder is None:
            raise ConfigError(
                'this model has no text_encoder, so it can be asked neither sentences nor names; leave them out, or take a '
                'config with one'
            )
        return self.text_encoder(tokens)

    def _answer(self, scene: EncodedScene, asked: QuerySet, said: Tensor | None = None) -> Prediction:
        output = self._decode(scene, asked)[-1]
        prediction = self.postprocess(output, asked, scene.superpoints, scene.scene_id, said, scene.objects)
        if prediction.objects is not None:
            scene.objects = prediction.objects
        return prediction

    def _said(self) -> Tensor | None:
        """What the names say [L, P, E]; each time anew, for training changes it."""
        if self.names is None:
            return None
        return self.say(class_list(self.names).names if isinstance(self.names, str) else self.names)

    def say(self, names: Sequence[str]) -> Tensor:
        """What names say [L, P, E], to be compared with what queries show."""
        return embed_classes(names, self.name_templates, self._say)

    def _say(self, tokens: Tensor) -> Tensor:
        """Token rows [T, L] to what they say [T, E]."""
        texts = self._encode_texts(tokens.to(next(self.parameters()).device))
        return self.decoder.say(self.queries.texts(texts))

    def _decode(self, scene: EncodedScene, asked: QuerySet, all_heads: bool = False) -> list[MaskOutput]:
        return self.decoder.answer(scene.memory, asked, all_heads)


def _targets(sample: Sample) -> Targets:
    if sample.targets is None:
        raise DataError(f'scene {sample.scene.scene_id} has no targets; a loss needs annotated scenes')
    return sample.targets
