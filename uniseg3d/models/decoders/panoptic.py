"""PanSt3R's panoptic decoder: one set of queries for all views of a scene, and their masks in every view."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.models.decoders.mask_transformer import Asked, MaskTransformer, QueryBlock
from uniseg3d.models.layers import input_mixer, loftup, pixel_shuffle_upscaler
from uniseg3d.models.layers.build import as_module
from uniseg3d.models.layers.group_attention import SCENE
from uniseg3d.models.layers.linear import Linear
from uniseg3d.models.layers.masks import outside
from uniseg3d.models.layers.mlp import PlainMLP
from uniseg3d.models.layers.sine_position import sine_grid
from uniseg3d.models.layers.upscaled import Upscaled
from uniseg3d.registry import MODELS
from uniseg3d.structures import MaskOutput
from uniseg3d.utils.renaming import Value, rename

Part = nn.Module | dict[str, Any]


class ViewAnswers(NamedTuple):
    """What Q queries say about the V views of a scene; a query means the same thing in all of them."""

    classes: Tensor  # [Q, C] float logits
    masks: list[Tensor]  # V x [Q, h, w] float logits, coarser than the images


@MODELS.register_module()
class PanopticDecoder(nn.Module):
    """Features of views -> mixer -> upscaler -> what queries look at, and what masks are cut out of.

    Args:
        upscaler: tokens, images and grid to ``Upscaled``.
        class_head: normalised queries and embedded texts to logits.
        mixer: features and grid to tokens for the upscaler; ``None``: features as they are.
        dim, heads, hidden, layers: of the mask transformer.
        queries: learned ones; with the ``seeds`` they are how many things a scene has at most.
        seeds: further queries that start as patches which differ most from one another, wherever the views show them. They
            learn sooner what to answer for than those that start alike in every scene.
        pixel_dim: channels of the pixels that the upscaler makes.
    """

    def __init__(
        self,
        upscaler: Part,
        class_head: Part,
        mixer: Part | None = None,
        dim: int = 768,
        heads: int = 8,
        hidden: int = 2048,
        layers: int = 6,
        queries: int = 200,
        pixel_dim: int = 256,
        seeds: int = 0,
    ) -> None:
        super().__init__()
        self.mixer: Any = None if mixer is None else as_module(mixer)
        self.upscaler: Any = as_module(upscaler)
        self.class_head: Any = as_module(class_head)
        self.dim = dim
        self.query_features, self.query_positions = (nn.Parameter(torch.randn(queries, dim)) for _ in range(2))
        self.seeds = seeds
        self.seed: Any = Linear(dim, 2 * dim) if seeds else None  # a patch as features and position of a query
        self.level = nn.Parameter(torch.randn(1, dim))  # the only one: added to all that is looked at
        self.transformer = MaskTransformer([QueryBlock(dim, heads, hidden, 'relu') for _ in range(layers)])
        self.mask_head: Any = as_module({'type': 'MaskHead', 'dim': dim, 'embed': PlainMLP([dim, dim, dim, pixel_dim])})

    @property
    def queries(self) -> int:
        """How many things a scene has at most."""
        return len(self.query_features) + self.seeds

    def upscale(self, features: Tensor, images: Tensor, grid: tuple[int, int]) -> list[Upscaled]:
        """``features`` [V, T, C] of ``images`` [V, 3, H, W] of ``grid`` = rows x columns patches: one answer per view."""
        tokens = features if self.mixer is None else self.mixer(features, grid)
        level, pixels = self.upscaler(tokens, images, grid)
        return [Upscaled(*view) for view in zip(level, pixels, strict=True)]

    def forward(self, views: Sequence[Upscaled], texts: Tensor) -> list[ViewAnswers]:
        """Answers before the first block and after each, for training. ``texts`` [C, E] of unit length."""
        return [self.answer(embeddings, views, texts) for embeddings in self.ask(views, keep_all=True)]

    def ask(self, views: Sequence[Upscaled], keep_all: bool = False) -> list[Tensor]:
        """The normalised queries [Q, dim] once they have seen ``views``; ``keep_all``: also before each block.

        On the way queries need to know where their masks lie only patch by patch. Resizing is linear, so it is done to the
        pixels' features, once, and no mask of full size is made that nobody asked for.
        """
        values = torch.cat([view.level.flatten(1).T for view in views]) + self.level  # [M, dim]
        places = torch.cat([self._places(view) for view in views])
        cells = torch.cat([at_patches(view).flatten(1).T for view in views])  # [M, E]
        seen = self.transformer.look_at([values + places.to(values)], [values])

        def predict(queries: Tensor, last: bool) -> MaskOutput:
            embeddings, masks = self.mask_head(queries, cells)
            return MaskOutput(masks, embeddings)

        asked = self._asked(values)
        outputs, _ = self.transformer(asked, seen, predict, lambda masks, _: outside(masks), keep_all)
        return [output.embeddings for output in outputs]

    def _asked(self, values: Tensor) -> Asked:
        """The queries for patches [M, dim]."""
        features: Tensor = self.query_features
        positions: Tensor = self.query_positions
        if self.seed is not None:
            chosen = values[spread_rows(values.detach(), self.seeds)]
            seeds = self.seed(chosen).chunk(2, -1)
            features, positions = (torch.cat(parts) for parts in zip((features, positions), seeds, strict=True))
        return Asked(features, {SCENE: len(features)}, positions)

    def answer(self, embeddings: Tensor, views: Sequence[Upscaled], texts: Tensor) -> ViewAnswers:
        """What normalised queries [Q, dim] say about ``views``, whether or not they have seen them."""
        return ViewAnswers(self.class_head(embeddings, texts), [self.masks(embeddings, view) for view in views])

    def masks(self, embeddings: Tensor, view: Upscaled) -> Tensor:
        """Float32 mask logits [Q, h, w] of normalised queries [Q, dim] in one view."""
        with torch.autocast(embeddings.device.type, enabled=False):
            masks = self.mask_head.embed(embeddings.float()) @ view.pixels.float().flatten(1)
        return cast(Tensor, masks.unflatten(1, view.pixels.shape[1:]))

    def _places(self, view: Upscaled) -> Tensor:
        rows, columns = view.level.shape[1:]
        return sine_grid(rows, columns, self.dim, view.level.device)


def at_patches(view: Upscaled) -> Tensor:
    """The pixels' features at the resolution of the patches [E, rows, columns]."""
    return F.interpolate(view.pixels[None], view.level.shape[1:], mode='bilinear', align_corners=False)[0]


def spread_rows(rows: Tensor, count: int) -> Tensor:
    """Numbers of ``count`` of the ``rows`` [M, C] (all, if there are no more), each farthest from those before it."""
    count = min(count, len(rows))
    chosen = torch.zeros(count, dtype=torch.long, device=rows.device)
    distance = rows.new_full((len(rows),), torch.inf, dtype=torch.float32)
    for number in range(1, count):
        distance = torch.minimum(distance, (rows - rows[chosen[number - 1]]).float().square().sum(1))
        chosen[number] = distance.argmax()
    return chosen


NAMES = {
    r'query_feat\.weight': 'query_features',
    r'query_embed\.weight': 'query_positions',
    r'level_embed\.weight': 'level',
    r'cross_attn_layers\.(\d+)\.multihead_attn\.': r'transformer.blocks.\1.cross_attention.',
    r'cross_attn_layers\.(\d+)\.norm\.': r'transformer.blocks.\1.cross_norm.',
    r'self_attn_layers\.(\d+)\.self_attn\.': r'transformer.blocks.\1.self_attention.attention.',
    r'self_attn_layers\.(\d+)\.norm\.': r'transformer.blocks.\1.self_norm.',
    r'ffn_layers\.(\d+)\.linear1\.': r'transformer.blocks.\1.mlp.0.',
    r'ffn_layers\.(\d+)\.linear2\.': r'transformer.blocks.\1.mlp.2.',
    r'ffn_layers\.(\d+)\.norm\.': r'transformer.blocks.\1.mlp_norm.',
    r'decoder_norm\.': 'mask_head.norm.',
    r'mask_embed\.layers\.0\.': 'mask_head.embed.0.',
    r'mask_embed\.layers\.1\.': 'mask_head.embed.2.',
    r'mask_embed\.layers\.2\.': 'mask_head.embed.4.',
    r'lang_embed\.': 'class_head.project.',
    r'cls_logit_scale': 'class_head.scale',
}


def remap_keys(weights: Mapping[str, Value]) -> dict[str, Value]:
    """A published decoder's ``weights`` under our names; which upscaler they are of shows in its names."""
    upscaler = rename(weights, {r'upscaler\.': ''})
    kind = pixel_shuffle_upscaler if 'proj_16.fc1.weight' in upscaler else loftup
    parts = {'mixer': input_mixer.remap_keys(rename(weights, {r'input_mixer\.': ''})), 'upscaler': kind.remap_keys(upscaler)}
    found = rename(rename(weights, {r'mask_transformer\.': ''}), NAMES)
    return found | {f'{part}.{name}': value for part, inside in parts.items() for name, value in inside.items()}
