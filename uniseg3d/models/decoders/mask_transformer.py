"""Queries that predict masks, look inside them, and predict again: what all mask decoders here have in common."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.models.layers.mlp import PlainMLP
from uniseg3d.models.layers.query_attention import GroupAttention, QueryAttention, Seen
from uniseg3d.structures import MaskOutput

ACTIVATIONS = {'gelu': nn.GELU, 'relu': nn.ReLU}
Predict = Callable[[Tensor, bool], MaskOutput]  # queries [Q, dim], is it the last prediction?
Hide = Callable[[Tensor, int], Tensor]  # mask logits [Q, M], number of the block: what it may not see, bool [Q, keys]


class QueryBlock(nn.Module):
    """Queries look at the scene, then at one another, then a perceptron; each is added, and the sum normalised."""

    def __init__(
        self,
        dim: int,
        heads: int,
        hidden: int,
        activation: str = 'gelu',
        dropout: float = 0.0,
        prompts_see_scene: Collection[str] = (),
    ) -> None:
        super().__init__()
        self.dropout = dropout
        self.cross_attention = QueryAttention(dim, heads)
        self.self_attention = GroupAttention(dim, heads, prompts_see_scene)
        self.mlp = PlainMLP([dim, hidden, dim], ACTIVATIONS[activation])
        self.cross_norm, self.self_norm, self.mlp_norm = (nn.LayerNorm(dim) for _ in range(3))
        nn.init.xavier_uniform_(self.cross_attention.out_proj.weight)

    def forward(
        self,
        queries: Tensor,
        keys: Seen,
        blocked: Tensor | None,
        counts: Mapping[str, int],
        position: Tensor | None = None,
        scene: Seen | None = None,
    ) -> tuple[Tensor, Seen | None]:
        """``queries`` [Q, dim] in groups of ``counts``, ``blocked`` [Q, M], ``position`` [Q, dim] of the queries.

        Returns the queries and, as ``GroupAttention`` does, how others see those of the scene.
        """
        placed = queries if position is None else queries + position
        queries = self.cross_norm(queries + self._drop(self.cross_attention(placed, keys, blocked)))
        mixed, scene = self.self_attention(queries, counts, position, scene)
        queries = self.self_norm(queries + self._drop(mixed))
        return self.mlp_norm(queries + self._drop(self.mlp(queries))), scene

    def _drop(self, tokens: Tensor) -> Tensor:
        return F.dropout(tokens, self.dropout, self.training)


@dataclass(eq=False)
class Asked:
    """Queries on their way through the blocks."""

    features: Tensor  # [Q, dim]
    counts: Mapping[str, int]  # group name -> number of queries, in their order
    position: Tensor | None = None  # [Q, dim], added where queries are compared
    scene: Sequence[Seen | None] = field(default_factory=list)  # per block, the scene queries if they were asked before


class MaskTransformer(nn.Module):
    """Blocks in a row; before each, the masks predicted so far decide what its queries may see.

    Args:
        layers: number of blocks.
        block: arguments of ``QueryBlock``.
    """

    def __init__(self, layers: int, **block: object) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(QueryBlock(**block) for _ in range(layers))  # type: ignore[arg-type]

    def look_at(self, keys: Sequence[Tensor], values: Sequence[Tensor]) -> list[Seen]:
        """Tokens as each block sees them; block i takes level i, cyclically: keys and values [M, dim] per level."""
        crossings = [cast(QueryBlock, block).cross_attention for block in self.blocks]
        levels = [number % len(keys) for number in range(len(crossings))]
        return [look.look_at(keys[level], values[level]) for look, level in zip(crossings, levels, strict=True)]

    def forward(
        self, asked: Asked, seen: Sequence[Seen], predict: Predict, hide: Hide, keep_all: bool
    ) -> tuple[list[MaskOutput], list[Seen | None]]:
        """All predictions, the first made before the first block, or only the last; and how others see the scene queries."""
        queries, scene = asked.features, []
        before = asked.scene or [None] * len(self.blocks)
        outputs = [predict(queries, len(self.blocks) == 0)]
        for number, block in enumerate(self.blocks):
            blocked = hide(outputs[-1].masks, number)
            queries, mates = block(queries, seen[number], blocked, asked.counts, asked.position, before[number])
            scene.append(mates)
            outputs = (outputs if keep_all else []) + [predict(queries, number + 1 == len(self.blocks))]
        return outputs, scene
