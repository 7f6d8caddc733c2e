"""Any number of images that look at each other through a memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from uniseg3d.models.decoders.sight import Sight
from uniseg3d.models.decoders.view_memory import ViewMemory
from uniseg3d.models.layers.checkpointing import run_block
from uniseg3d.models.layers.feed_forward import FeedForward
from uniseg3d.models.layers.linear import Linear, init_linears
from uniseg3d.models.layers.memory_block import FORMS, MemoryBlock
from uniseg3d.models.layers.query_attention import Seen
from uniseg3d.ops.autocast import autocasts
from uniseg3d.ops.rope import RoPE2D, Rotation
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import ConfigError, DataError
from uniseg3d.utils.renaming import Value, rename

NAMES = {
    r'image2_embed$': 'later_embed',
    r'feat_embed_enc_to_dec\.': 'embed.',
    r'blocks_dec\.': 'blocks.',
    r'feedback_layer\.': 'feedback.',
    r'feedback_norm\.': 'feedback_norm.',
    r'norm_dec\.': 'norm.',
}
Layers = list[Tensor]  # of one image: its features, then its tokens after every block, the last ones normalised


class _Group(NamedTuple):
    """Images of one grid, which are computed together."""

    images: list[int]  # which of those given
    tokens: Tensor  # [B, V, T, dim]
    rotate: Rotation
    blocked: Tensor | None  # spreads to [B, heads, V * T, K]

    def after(self, block: nn.Module, seen: Seen, checkpointing: bool) -> '_Group':
        return self._replace(tokens=run_block(block, self.tokens, seen, self.rotate, self.blocked, again=checkpointing))


@MODELS.register_module()
class MemoryDecoder(nn.Module):
    """Images look at the memory and at each other, never at themselves, and the memory grows by what was made of them.

    The camera of the first image ever shown is the world of all answers; all others are marked as later ones.

    Args:
        feedback: what the last block works on is told to the memories of all blocks before it.
        form: what the memory keeps of a token, see ``MemoryBlock``.
        token_dropout: share of the memory's tokens that are hidden in training; never those of the first image.
        drop_for_good: a token once hidden stays so; otherwise every look at the memory draws anew.
        seek_alike: images start by looking for what resembles them in the others, this sharply; for small networks.
        checkpointing: save memory in training.
    """

    def __init__(
        self,
        in_dim: int = 1024,
        dim: int = 768,
        depth: int = 12,
        heads: int = 12,
        mlp_ratio: float = 4.0,
        rope: str = 'RoPE100',
        feedback: bool = True,
        form: str = 'keys_values',
        token_dropout: float = 0.0,
        drop_for_good: bool = False,
        seek_alike: float | None = None,
        checkpointing: bool = False,
    ) -> None:
        super().__init__()
        if form not in FORMS or not 0 <= token_dropout < 1:
            raise ConfigError(
                f'form {form!r} must be one of {", ".join(FORMS)}, and token_dropout {token_dropout} at least 0 and below 1'
            )
        self.dim, self.head_width, self.checkpointing = dim, dim // heads, checkpointing
        self.form, self.token_dropout, self.drop_for_good = form, token_dropout, drop_for_good
        self.embed = Linear(in_dim, dim)
        self.later_embed = nn.Parameter(torch.randn(1, 1, dim) * 0.02)
        self.blocks = nn.ModuleList(MemoryBlock(dim, heads, mlp_ratio) for _ in range(depth))
        self.feedback = FeedForward(dim, 4 * dim) if feedback else None
        self.feedback_norm = nn.LayerNorm(dim) if feedback else None
        self.norm = nn.LayerNorm(dim, 1e-6)
        self.rope = RoPE2D.named(rope)
        init_linears(self)
        if seek_alike is not None:
            for block in self.blocks:
                cast(MemoryBlock, block).seek_alike(seek_alike)

    def forward(
        self,
        features: Sequence[Tensor],  # of every image [B, T, in_dim]
        positions: Sequence[Tensor],  # [T, 2] or [B, T, 2]
        memory: ViewMemory | None = None,
        labels: Sequence[int] | None = None,
        causal: bool = False,
    ) -> tuple[list[Layers], ViewMemory]:
        """Show images, which may differ in size, and remember them; without a memory the first of them is the world.

        labels: show images again that the memory knows by these; what it keeps of them is replaced.
        causal: an image looks at those before it only (the very first one at the second), and what is remembered may be
            dropped. So one call trains what inference does in many.
        """
        if not features:
            raise DataError('no image to show; give at least one')
        start = 0 if memory is None else memory.seen
        labels = list(range(start, start + len(features))) if labels is None else labels
        others = memory is None or len(features) > 1
        groups = self._groups(features, positions, memory, others, causal)
        order = [image for group in groups for image in group.images]
        layers, inputs = self._decode(groups, features, memory, others)
        lengths = [features[image].shape[1] for image in order]
        return layers, self._remember(inputs, [labels[image] for image in order], lengths, memory, causal)

    def render(self, features: Sequence[Tensor], positions: Sequence[Tensor], memory: ViewMemory) -> list[Layers]:
        """What the complete memory tells about images, each by itself; the memory stays as it is."""
        if not features:
            return []
        groups = self._groups(features, positions, memory, others=False, causal=False)
        return self._decode(groups, features, memory, others=False)[0]

    def quickest(self, memory: ViewMemory) -> ViewMemory:
        """The same memory, projected once for any number of images that will look at it."""
        if memory.form == 'keys_values':
            return memory
        seen = [self._context(depth, None, memory) for depth in range(len(self.blocks))]
        layers = [torch.cat([part.transpose(1, 2).flatten(2) for part in both], -1) for both in seen]
        return replace(memory, form='keys_values', layers=layers)

    def _groups(
        self, features: Sequence[Tensor], positions: Sequence[Tensor], memory: ViewMemory | None, others: bool, causal: bool
    ) -> list[_Group]:
        images: dict[int, list[int]] = {}
        for image, places in enumerate(positions):
            images.setdefault(id(places), []).append(image)  # grids of one size share one tensor
        lengths = {image: features[image].shape[1] for rows in images.values() for image in rows}
        kept, hidden = (0, None) if memory is None else (memory.tokens, self._hidden(memory))
        sight = Sight.among(lengths if others else {}, kept, hidden, causal, features[0].device)
        groups = []
        for rows in images.values():
            tokens = self.embed(torch.stack([features[image] for image in rows], 1))
            first = int(memory is None and rows[0] == 0)
            tokens = torch.cat([tokens[:, :first], tokens[:, first:] + self.later_embed], 1)
            places = positions[rows[0]]
            places = places if places.dim() == 2 else places.repeat_interleave(len(rows), 0)  # [B * V, T, 2]
            blocked = sight.blocked(rows, tokens.shape[2])
            groups.append(_Group(rows, tokens, self.rope(places, self.head_width), blocked))
        return groups

    def _decode(
        self, groups: list[_Group], features: Sequence[Tensor], memory: ViewMemory | None, others: bool
    ) -> tuple[list[Layers], list[Tensor]]:
        """Layers of every image, and what every block worked on [B, S, dim]."""
        layers, inputs = [[image] for image in features], []
        for depth, block in enumerate(self.blocks):
            inputs.append(torch.cat([group.tokens.flatten(1, 2) for group in groups], 1))
            seen = self._context(depth, inputs[-1] if others else None, memory)
            groups = [group.after(block, seen, self.checkpointing) for group in groups]
            for group in groups:
                tokens = self.norm(group.tokens) if depth + 1 == len(self.blocks) else group.tokens
                for image, output in zip(group.images, tokens.unbind(1), strict=True):
                    layers[image].append(output)
        return layers, inputs

    def _context(self, depth: int, current: Tensor | None, memory: ViewMemory | None) -> Seen:
        """What the memory keeps for one block, then what the images bring that are not in it yet."""
        block, seen = cast(MemoryBlock, self.blocks[depth]), []
        if memory is not None:
            stored = memory.layers[depth]  # of a memory that was made in half precision, maybe
            stored = stored if autocasts(stored) else stored.to(self.embed.weight.dtype)
            seen.append(block.recall(stored, memory.form))
        if current is not None:
            seen.append(block.look_at(current))
        return seen[0] if len(seen) == 1 else Seen(*(torch.cat(parts, 2) for parts in zip(*seen, strict=True)))

    def _remember(
        self, inputs: list[Tensor], labels: list[int], lengths: list[int], memory: ViewMemory | None, causal: bool
    ) -> ViewMemory:
        if self.feedback is not None and self.feedback_norm is not None:
            told = self.feedback(self.feedback_norm(inputs[-1]))
            inputs = [*(tokens + told for tokens in inputs[:-1]), inputs[-1]]
        form = self.form if memory is None else memory.form
        kept = [cast(MemoryBlock, block).store(tokens, form) for block, tokens in zip(self.blocks, inputs, strict=True)]
        if memory is None:
            known, found = 0, ViewMemory(form, kept, tuple(labels), tuple(lengths), len(labels), 0)
        else:
            known, found = memory.seen, memory.put(kept, labels, lengths)
        protected = max(found.protected, 1 if causal else found.seen)
        hidden = self._drawn(found, max(protected, known)) if self.drop_for_good else found.hidden
        return replace(found, protected=protected, hidden=hidden)

    def _hidden(self, memory: ViewMemory) -> Tensor | None:
        """Tokens of the memory that this look at it misses [B, M]."""
        return memory.hidden if self.drop_for_good else self._drawn(memory, memory.protected)

    def _drawn(self, memory: ViewMemory, since: int) -> Tensor | None:
        """``memory.hidden``, and in training a share of the tokens of images with labels from ``since`` on."""
        if not self.training or not self.token_dropout:
            return memory.hidden
        labels = memory.token_labels()
        drawn = torch.rand(len(memory.layers[0]), len(labels), device=labels.device) < self.token_dropout
        drawn = drawn & (labels >= since)
        return drawn if memory.hidden is None else memory.hidden | drawn


def remap_keys(weights: Mapping[str, Value]) -> dict[str, Value]:
    """Those of published ``weights`` that belong to the decoder, under its own names."""
    return rename(weights, NAMES)
