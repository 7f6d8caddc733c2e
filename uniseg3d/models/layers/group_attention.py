"""Self-attention of queries that stand in named groups."""

from collections.abc import Collection, Mapping
from itertools import groupby

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.models.layers.query_attention import QueryAttention, Seen
from uniseg3d.utils.errors import DataError

SCENE = 'scene'  # the group whose queries see one another


class GroupAttention(nn.Module):
    """Scene queries see one another; every other query is a prompt and sees itself.

    Prompts of the groups in ``sees_scene`` see all scene queries as well. Nobody sees another's prompt, so what a prompt
    is answered does not depend on what else is asked.
    """

    def __init__(self, dim: int, heads: int, sees_scene: Collection[str] = ()) -> None:
        super().__init__()
        self.attention = QueryAttention(dim, heads)
        self.sees_scene = frozenset(sees_scene)

    def forward(
        self, queries: Tensor, counts: Mapping[str, int], position: Tensor | None = None, scene: Seen | None = None
    ) -> tuple[Tensor, Seen | None]:
        """``queries`` [Q, dim] stand in the order of ``counts``; ``position`` [Q, dim] is added where they are compared.

        Returns the mixture [Q, dim] and the scene queries as others see them. Give these back as ``scene`` to ask prompts
        later, without the scene's own queries.
        """
        if len(queries) == 0:
            return queries, scene
        runs = groupby((name for name in counts if counts[name]), self._sight)  # neighbours alike are done at once
        sights, sizes = zip(*((sight, sum(counts[name] for name in names)) for sight, names in runs), strict=True)
        values = queries.split(sizes)
        keys = values if position is None else (queries + position).split(sizes)
        if 'one another' in sights:
            where = sights.index('one another')
            scene = self.attention.look_at(keys[where], values[where])
        return torch.cat([self._look(*run, scene) for run in zip(sights, keys, values, strict=True)]), scene

    def _sight(self, group: str) -> str:
        return 'one another' if group == SCENE else 'scene' if group in self.sees_scene else 'itself'

    def _look(self, sight: str, keys: Tensor, values: Tensor, scene: Seen | None) -> Tensor:
        if sight == 'itself':
            return self.attention.alone(values)
        if scene is None:
            raise DataError('these prompts see the scene queries, but there are none; ask the scene queries first')
        if sight == 'one another':
            return self.attention(keys, scene)
        own = self.attention.look_at(keys, values)
        both = Seen(*(torch.cat(pair, dim=2) for pair in zip(scene, own, strict=True)))  # [1, heads, S + P, width]
        other_prompts = ~torch.eye(len(keys), dtype=torch.bool, device=keys.device)  # [P, P]
        return self.attention(keys, both, F.pad(other_prompts, (scene.key.shape[2], 0)))
