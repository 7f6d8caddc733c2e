"""Queries that predict masks, look inside them, and predict again: what all mask decoders here have in common."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.models.layers.group_attention import GroupAttention
from uniseg3d.models.layers.mlp import PlainMLP
from uniseg3d.models.layers.query_attention import QueryAttention, Seen
from uniseg3d.structures import MaskOutput
from uniseg3d.utils.errors import ConfigError

ACTIVATIONS = {'gelu': nn.GELU, 'relu': nn.ReLU}


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
        if activation not in ACTIVATIONS:
            raise ConfigError(f'activation must be one of {", ".join(ACTIVATIONS)}, got {activation}')
        self.dropout = dropout
        self.cross_attention = QueryAttention(dim, heads)
        self.self_attention = GroupAttention(dim, heads, prompts_see_scene)
        self.mlp = PlainMLP([dim, hidden, dim], ACTIVATIONS[activation])
        self.cross_norm, self.self_norm, self.mlp_norm = (nn.LayerNorm(dim) for _ in range(3))
        nn.init.xavier_uniform_(self.cross_attention.out_proj.weight)

    def forward(
        self,
        queries: Tensor,
        seen: Seen,
        blocked: Tensor | None,
        counts: Mapping[str, int],
        position: Tensor | None = None,
        scene: Seen | None = None,
    ) -> tuple[Tensor, Seen | None]:
        """``queries`` [Q, dim] in groups of ``counts``, ``blocked`` [Q, M], ``position`` [Q, dim] of the queries.

        Returns the queries and, as ``GroupAttention`` does, how others see those of the scene.
        """
        placed = queries if position is None else queries + position
        queries = self.cross_norm(queries + self._drop(self.cross_attention(placed, seen, blocked)))
        mixed, scene = self.self_attention(queries, counts, position, scene)
        queries = self.self_norm(queries + self._drop(mixed))
        return self.mlp_norm(queries + self._drop(self.mlp(queries))), scene

    def _drop(self, tokens: Tensor) -> Tensor:
        return F.dropout(tokens, self.dropout, self.training)


@dataclass(eq=False)
class Asked:
    """The queries of one scene on their way through the blocks."""

    features: Tensor  # [Q, dim]
    counts: Mapping[str, int]  # group name -> number of queries, in their order
    position: Tensor | None = None  # [Q, dim], added where queries are compared
    scene: Sequence[Seen | None] = field(default_factory=list)  # per block, the scene queries if they were asked before


class MaskTransformer(nn.Module):
    """Blocks in a row; before each, the masks predicted so far decide what its queries may see."""

    def __init__(self, blocks: Sequence[QueryBlock]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)

    def look_at(self, keys: Sequence[Tensor], values: Sequence[Tensor]) -> list[Seen]:
        """Tokens [M, dim] of each level as the blocks see them: block i looks at level i, cyclically.

        ``keys`` and ``values`` differ by what is added to tell where tokens are.
        """
        crossings = [cast(QueryBlock, block).cross_attention for block in self.blocks]
        levels = [number % len(keys) for number in range(len(crossings))]
        return [look.look_at(keys[level], values[level]) for look, level in zip(crossings, levels, strict=True)]

    def forward(
        self,
        asked: Asked,
        seen: Sequence[Seen],
        predict: Callable[[Tensor, bool], MaskOutput],
        hide: Callable[[Tensor, int], Tensor],
        keep_all: bool = False,
    ) -> tuple[list[MaskOutput], list[Seen | None]]:
        """Predict, mask, attend.

        Args:
            asked: the queries.
            seen: what ``look_at`` returned.
            predict: output for queries [Q, dim]; the flag says that it is the last.
            hide: what queries with mask logits [Q, M] may not see in block number i: bool [Q, tokens of its level], no
                row all true.
            keep_all: return the outputs before the first block and after each, else only the last.

        Returns:
            the outputs, and per block the scene queries as others see them.
        """
        queries, scene = asked.features, list(asked.scene) or [None] * len(self.blocks)
        outputs = [predict(queries, len(self.blocks) == 0)]
        for number, block in enumerate(self.blocks):
            blocked = hide(outputs[-1].masks, number)
            queries, scene[number] = block(queries, seen[number], blocked, asked.counts, asked.position, scene[number])
            output = predict(queries, number + 1 == len(self.blocks))
            outputs = [*outputs, output] if keep_all else [output]
        return outputs, scene
