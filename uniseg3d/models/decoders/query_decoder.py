"""UniSeg3D's decoder: one set of queries for the scene, clicks and sentences; one mask transformer for all tasks."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import torch
from torch import Tensor, nn

from uniseg3d.models.decoders.mask_transformer import Asked, MaskTransformer, QueryBlock
from uniseg3d.models.layers.build import as_module
from uniseg3d.models.layers.group_attention import SCENE
from uniseg3d.models.layers.masks import mean_inside, outside
from uniseg3d.models.layers.mlp import MLP, PlainMLP
from uniseg3d.models.layers.query_attention import Seen
from uniseg3d.registry import MODELS
from uniseg3d.structures import MaskOutput, QuerySet
from uniseg3d.utils.errors import ConfigError, DataError

Part = nn.Module | dict[str, Any]
PROMPTS = ('clicks', 'texts')


@dataclass(eq=False)
class SceneMemory:
    """A scene as the decoder sees it, made once for any number of questions."""

    mask_features: Tensor  # [M, dim]
    seen: list[Seen]  # the superpoints as each block sees them
    position: Tensor | None = None  # [M, dim] encoded centres
    superpoints: Tensor | None = None  # [M, classes + 1] what each superpoint looks like by itself
    scene: list[Seen | None] = field(default_factory=list)  # the scene queries as prompts see them, once they were asked


@MODELS.register_module()
class QueryDecoder(nn.Module):
    """Superpoint features and queries to masks, classes and expected overlaps.

    Args:
        in_channels: width of superpoint features and of queries.
        class_head: things from normalised queries and mean features inside their masks.
        semantic_head: the same for all classes; only the last prediction uses it. None = no semantic logits.
        iou_head: overlaps from normalised queries. None = none.
        name_head: directions of what queries show and texts say; only the last prediction uses it. None = none.
        dim, heads, hidden, layers, activation, dropout: of the mask transformer.
        position: encodes centres [M, 3] as [M, dim], added to superpoints and to the queries made from them where these
            are compared. None = the decoder does not know where things are, as published.
        prompts_see_scene: groups of prompts whose queries also see the scene queries; none as published.
        superpoint_classes: classes for logits of all superpoints from their features alone, which are learned wherever
            queries were drawn, and added to the semantic logits of the queries made from them. None as published.
    """

    def __init__(
        self,
        in_channels: int,
        class_head: Part,
        semantic_head: Part | None = None,
        iou_head: Part | None = None,
        name_head: Part | None = None,
        dim: int = 256,
        heads: int = 8,
        hidden: int = 1024,
        layers: int = 6,
        activation: str = 'gelu',
        dropout: float = 0.0,
        position: Part | None = None,
        prompts_see_scene: Collection[str] = (),
        superpoint_classes: int | None = None,
    ) -> None:
        super().__init__()
        self.token_projection = nn.Sequential(nn.Linear(in_channels, dim), nn.LayerNorm(dim), nn.ReLU())
        self.mask_projection = PlainMLP([in_channels, dim, dim])
        self.query_projection = PlainMLP([in_channels, dim, dim])
        curious = _prompt_groups(prompts_see_scene)
        self.transformer = MaskTransformer(
            [QueryBlock(dim, heads, hidden, activation, dropout, curious) for _ in range(layers)]
        )
        self.position = None if position is None else as_module(position)
        self.mask_head = as_module({'type': 'MaskHead', 'dim': dim})
        self.class_head = as_module(class_head)
        self.semantic_head = None if semantic_head is None else as_module(semantic_head)
        self.iou_head = None if iou_head is None else as_module(iou_head)
        self.name_head: Any = None if name_head is None else as_module(name_head)  # Any: it is asked for two things
        self.superpoint_head = None
        if superpoint_classes is not None:
            self.superpoint_head = MLP([in_channels, dim, superpoint_classes + 1])

    def forward(
        self, features: Tensor, queries: QuerySet, centres: Tensor | None = None, all_heads: bool = False
    ) -> list[MaskOutput]:
        """One scene: ``features`` [M, in_channels], ``centres`` [M, 3] metres. The last output is the answer.

        ``all_heads`` for training: one output before the first block and one after each, all with classes and overlaps.
        """
        return self.answer(self.encode(features, centres), queries, all_heads)

    def encode(self, features: Tensor, centres: Tensor | None = None) -> SceneMemory:
        """All that does not depend on the queries."""
        tokens = self.token_projection(features)  # [M, dim]
        position = self._encode_position(centres)
        keys = tokens if position is None else tokens + position
        looks = None if self.superpoint_head is None else self.superpoint_head(features)
        return SceneMemory(self.mask_projection(features), self.transformer.look_at([keys], [tokens]), position, looks)

    def _encode_position(self, centres: Tensor | None) -> Tensor | None:
        if self.position is None:
            return None
        if centres is None:
            raise DataError('this decoder encodes positions; give it the centres [M, 3] of the superpoints')
        return self.position(centres)

    def answer(self, memory: SceneMemory, queries: QuerySet, all_heads: bool = False) -> list[MaskOutput]:
        """As ``forward``. ``memory`` keeps how prompts see the scene queries, so that prompts can be asked alone later."""
        position = None if memory.position is None else _placed(memory.position, queries)
        asked = Asked(self.query_projection(queries.features), queries.counts, position, memory.scene)

        def predict(features: Tensor, last: bool) -> MaskOutput:
            return self._predict(features, memory.mask_features, complete=last or all_heads, last=last)

        outputs, scene = self.transformer(asked, memory.seen, predict, lambda masks, _: outside(masks), all_heads)
        if queries.counts.get(SCENE):
            memory.scene = scene
        if memory.superpoints is not None:
            outputs[-1] = _with_superpoints(outputs[-1], memory.superpoints, queries)
        if self.name_head is not None:
            outputs[-1] = self._with_texts(outputs[-1], queries)
        return outputs

    def say(self, queries: QuerySet) -> Tensor:
        """What text queries say before they see a scene [T, E]; see :class:`NamingHead`."""
        if self.name_head is None:
            raise ConfigError('this decoder has no name_head, so it cannot compare names; give it a NamingHead')
        return self.name_head.say(queries.features[queries.rows('texts')])

    def _with_texts(self, output: MaskOutput, queries: QuerySet) -> MaskOutput:
        """The output with what texts say in the place of what they show."""
        texts, shown = queries.rows('texts'), cast(Tensor, output.names)
        return replace(output, names=torch.cat([shown[: texts.start], self.say(queries), shown[texts.stop :]]))

    def _predict(self, queries: Tensor, mask_features: Tensor, complete: bool, last: bool) -> MaskOutput:
        embeddings, masks = self.mask_head(queries, mask_features)
        if not complete:
            return MaskOutput(masks, embeddings)
        pooled = mean_inside(masks, mask_features)  # [Q, dim]
        classes = self.class_head(embeddings, pooled)
        return MaskOutput(
            masks,
            embeddings,
            classes=classes,
            semantic=self.semantic_head(embeddings, pooled) if self.semantic_head is not None and last else None,
            ious=None if self.iou_head is None else self.iou_head(embeddings),
            names=self.name_head.show(embeddings, pooled, classes) if self.name_head is not None and last else None,
        )


def _with_superpoints(output: MaskOutput, looks: Tensor, queries: QuerySet) -> MaskOutput:
    """The output with the logits ``looks`` [M, classes + 1] of the superpoints beside those of the queries."""
    if output.semantic is None:
        return replace(output, superpoints=looks)
    return replace(output, superpoints=looks, semantic=output.semantic + _placed(looks, queries))


def _prompt_groups(names: Collection[str]) -> frozenset[str]:
    if isinstance(names, str) or not set(names) <= set(PROMPTS):
        raise ConfigError(f'prompts_see_scene must list some of {PROMPTS}, got {names!r}')
    return frozenset(names)


def _placed(values: Tensor, queries: QuerySet) -> Tensor:
    """``values`` [M, D] of the superpoints that queries were made from [Q, D]; zero for those made from none."""
    known = (queries.superpoint >= 0)[:, None]
    return torch.where(known, values[queries.superpoint.clamp(min=0)], 0.0)


PREFIXES = {
    'decoder.input_proj.': 'token_projection.',
    'decoder.x_mask.': 'mask_projection.',
    'decoder.query_proj.': 'query_projection.',
    'decoder.out_norm.': 'mask_head.norm.',
    'decoder.mask_pooling_proj.': 'class_head.pooled.',
    'decoder.cls_proj.': 'class_head.project.',
    'decoder.mask_pooling_proj_sem.': 'semantic_head.pooled.',
    'decoder.cls_proj_sem.': 'semantic_head.project.',
    'pred_iou_proj.': 'iou_head.',
}
ONEFORMER3D_HEADS = {'out_cls': 'class_head.layers', 'out_sem': 'semantic_head.layers', 'out_score': 'iou_head'}
PREFIXES |= {f'decoder.{name}.{i}.': f'{own}.{i}.' for name, own in ONEFORMER3D_HEADS.items() for i in (0, 2)}
# a single layer has no number
PREFIXES |= {f'decoder.out_sem.{part}': f'semantic_head.layers.0.{part}' for part in ('weight', 'bias')}
LAYER_PARTS = {
    'cross_attn_layers': {'attn.': 'cross_attention.', 'norm.': 'cross_norm.'},
    'self_attn_layers': {'attn.': 'self_attention.attention.', 'norm.': 'self_norm.'},
    'ffn_layers': {'net.0.': 'mlp.0.', 'net.3.': 'mlp.2.', 'norm.': 'mlp_norm.'},
}


def remap_keys(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Those weights of UniSeg3D's or OneFormer3D's state dict that belong to a ``QueryDecoder``, under its own names."""
    names = {name: _own_name(name) for name in weights}
    return {own: weights[name] for name, own in names.items() if own is not None}


def _own_name(name: str) -> str | None:
    """Our name for a published one; None if it is no part of this decoder."""
    for published, own in PREFIXES.items():
        if name.startswith(published):
            return own + name.removeprefix(published)
    parts = name.split('.', 3)  # decoder, cross_attn_layers, 0, attn.in_proj_weight
    if parts[0] != 'decoder' or len(parts) < 4:
        return None
    for published, own in LAYER_PARTS.get(parts[1], {}).items():
        if parts[3].startswith(published):
            return f'transformer.blocks.{parts[2]}.{own}{parts[3].removeprefix(published)}'
    return None
