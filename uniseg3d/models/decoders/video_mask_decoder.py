"""Queries that find the same object in all views of a scene: the mask transformer over the features of several images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.models.decoders import pixel_decoder as pixels
from uniseg3d.models.decoders.mask_transformer import Asked, MaskTransformer, QueryBlock
from uniseg3d.models.layers.build import as_module
from uniseg3d.models.layers.group_attention import SCENE
from uniseg3d.models.layers.masks import outside
from uniseg3d.models.layers.mlp import PlainMLP
from uniseg3d.models.layers.sine_position import sine_video
from uniseg3d.registry import MODELS
from uniseg3d.structures import MaskOutput
from uniseg3d.utils.renaming import rename

Part = nn.Module | dict[str, Any]


@dataclass(eq=False)
class VideoMasks:
    """What Q queries say about the V views of one scene, head by head; the last output is the answer."""

    outputs: list[MaskOutput]  # masks [Q, V * h * w], classes [Q, C + 1], the last = no object
    grid: tuple[int, int, int]  # V, h, w
    hidden: Tensor  # [Q, dim] the queries as the last block left them
    pixels: Tensor | None = None  # [V, C, h, w] class logits of single cells

    def masks(self, head: int = -1) -> Tensor:
        """Mask logits [Q, V, h, w] of a head."""
        return self.outputs[head].masks.unflatten(1, self.grid)

    def classes(self, head: int = -1) -> Tensor:
        """Class logits [Q, C + 1] of a head, the last = no object."""
        found = self.outputs[head].classes
        assert found is not None  # this decoder always gives them
        return found


@MODELS.register_module()
class VideoMaskDecoder(nn.Module):
    """Learned queries look at all views together, from coarse to fine and again.

    Args:
        pixel_decoder: maps of four resolutions to mask features and three maps to look at, from coarse to fine.
        dim, heads, hidden, layers: of the mask transformer.
        queries: how many objects a scene may have.
        classes: number of classes; one logit more says "no object".
        seeds: the cells of the coarsest maps ask, too: queries that already know what lies where they stand. Small networks
            learn from few scenes with them.
        pixel_classes: also say the class of every cell. That is learned before masks are; the class of a query is then what
            the cells of its mask say together, and what it adds.
    """

    def __init__(
        self,
        pixel_decoder: Part,
        dim: int = 256,
        queries: int = 100,
        classes: int = 20,
        heads: int = 8,
        hidden: int = 2048,
        layers: int = 9,
        seeds: bool = False,
        pixel_classes: bool = False,
    ) -> None:
        super().__init__()
        self.dim = dim
        self.seed = nn.Linear(dim, dim) if seeds else None
        self.pixel_classifier = nn.Linear(dim, classes) if pixel_classes else None
        self.pixel_decoder = as_module(pixel_decoder)
        self.query_features, self.query_position = nn.Embedding(queries, dim), nn.Embedding(queries, dim)
        self.level_embed = nn.Embedding(3, dim)
        self.transformer = MaskTransformer([QueryBlock(dim, heads, hidden, 'relu') for _ in range(layers)])
        self.mask_head = as_module({'type': 'MaskHead', 'dim': dim, 'embed': PlainMLP([dim] * 4)})
        self.classifier = nn.Linear(dim, classes + 1)

    def forward(self, maps: Sequence[Tensor], all_heads: bool = False) -> list[VideoMasks]:
        """``maps`` [B, V, C, h, w] of four resolutions from fine to coarse: the answer for each of B scenes.

        ``all_heads`` for training: one output before the first block and one after each.
        """
        batch = len(maps[0])
        features, levels = self.pixel_decoder([map_.flatten(0, 1) for map_ in maps])
        levels = [level.unflatten(0, (batch, -1)) for level in levels]
        scenes = features.unflatten(0, (batch, -1))
        return [self._answer(scenes[i], [level[i] for level in levels], all_heads) for i in range(batch)]

    def _answer(self, features: Tensor, levels: Sequence[Tensor], all_heads: bool) -> VideoMasks:
        """One scene: mask ``features`` [V, dim, h, w] and ``levels`` [V, dim, rows, columns]."""
        grid = (features.shape[0], features.shape[2], features.shape[3])
        cells = features.transpose(0, 1).flatten(1).T  # [V * h * w, dim]
        said = None if self.pixel_classifier is None else self.pixel_classifier(cells)  # [V * h * w, C]
        values = [_cells(level) + self.level_embed.weight[i] for i, level in enumerate(levels)]
        keys = [value + _position(level).to(value) for value, level in zip(values, levels, strict=True)]
        asked = self._asked(levels[0])
        shapes = [(level.shape[-2], level.shape[-1]) for level in levels]
        hidden = [asked.features]

        def predict(queries: Tensor, last: bool) -> MaskOutput:
            hidden[0] = queries
            embeddings, masks = self.mask_head(queries, cells)
            return MaskOutput(masks, embeddings, classes=self._classes(embeddings, masks, said))

        def hide(masks: Tensor, number: int) -> Tensor:
            return outside(resized(masks.detach().unflatten(1, grid), shapes[number % len(shapes)]).flatten(1))

        outputs, _ = self.transformer(asked, self.transformer.look_at(keys, values), predict, hide, all_heads)
        return VideoMasks(outputs, grid, hidden[0], None if said is None else said.T.unflatten(1, grid).transpose(0, 1))

    def _classes(self, embeddings: Tensor, masks: Tensor, said: Tensor | None) -> Tensor:
        """Class logits [Q, C + 1] of queries with mask logits [Q, M]; ``said`` [M, C] by the cells."""
        own = self.classifier(embeddings)
        if said is None:
            return own
        share = masks.float().sigmoid()
        pooled = share @ said.float() / share.sum(1, keepdim=True).clamp(min=1)
        return own + F.pad(pooled, (0, 1))

    def _asked(self, coarsest: Tensor) -> Asked:
        """Learned queries and, if wanted, one for every cell of the ``coarsest`` level [V, dim, rows, columns]."""
        features, position = self.query_features.weight, self.query_position.weight
        if self.seed is not None:
            features = torch.cat([features, self.seed(_cells(coarsest))])
            position = torch.cat([position, _position(coarsest).to(position)])
        return Asked(features, {SCENE: len(features)}, position)


def resized(masks: Tensor, size: tuple[int, int]) -> Tensor:
    """Mask logits [Q, V, h, w] at another resolution: [Q, V, *size]."""
    return masks if masks.shape[-2:] == size else F.interpolate(masks, size, mode='bilinear', align_corners=False)


def _cells(level: Tensor) -> Tensor:
    """[V, dim, rows, columns] to [V * rows * columns, dim]."""
    return level.permute(0, 2, 3, 1).flatten(0, 2)


def _position(level: Tensor) -> Tensor:
    views, dim, rows, columns = level.shape
    return sine_video(views, rows, columns, dim, level.device)


NAMES = {
    r'model\.transformer_module\.queries_features\.': 'query_features.',
    r'model\.transformer_module\.queries_embedder\.': 'query_position.',
    r'model\.transformer_module\.level_embed\.': 'level_embed.',
    r'model\.transformer_module\.decoder\.layernorm\.': 'mask_head.norm.',
    **{
        rf'model\.transformer_module\.decoder\.mask_predictor\.mask_embedder\.{i}\.0\.': f'mask_head.embed.{2 * i}.'
        for i in range(3)
    },
    **{
        rf'model\.transformer_module\.decoder\.layers\.(\d+)\.{theirs}': rf'transformer.blocks.\1.{ours}'
        for theirs, ours in {
            r'cross_attn\.': 'cross_attention.',
            r'cross_attn_layer_norm\.': 'cross_norm.',
            r'self_attn\.out_proj\.': 'self_attention.attention.out_proj.',
            r'self_attn\.in_proj_': 'self_attention.attention.in_proj_',
            r'self_attn_layer_norm\.': 'self_norm.',
            r'fc1\.': 'mlp.0.',
            r'fc2\.': 'mlp.2.',
            r'final_layer_norm\.': 'mlp_norm.',
        }.items()
    },
    r'class_predictor\.': 'classifier.',
}
PIXELS = 'model.pixel_decoder.'
SPLIT = '.self_attn.q_proj.'  # queries, keys and values of a self-attention are three layers in published files


def remap_keys(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Those of published ``weights`` that belong to the decoder, under its own names."""
    inside = pixels.remap_keys(rename(weights, {PIXELS.replace('.', r'\.'): ''}))
    return {**rename(joined(weights), NAMES), **{f'pixel_decoder.{name}': value for name, value in inside.items()}}


def joined(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """``weights`` in which the three projections of each self-attention are one; incomplete ones stay as they are."""
    result = dict(weights)
    for name in weights:
        parts = split_names(name)
        if SPLIT in name and all(part in result for part in parts):
            result[joined_name(name)] = torch.cat([result.pop(part) for part in parts])
    return result


def split_names(name: str) -> list[str]:
    """Names of the projections of queries, keys and values, from that of the first."""
    return [name.replace(SPLIT, f'.self_attn.{letter}_proj.') for letter in 'qkv']


def joined_name(name: str) -> str:
    """The name of the three together, from that of the first."""
    return name.replace(SPLIT, '.self_attn.in_proj_')
