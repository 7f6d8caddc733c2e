"""Attention of queries to tokens that are projected once and looked at often."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.ops.attention import attention
from uniseg3d.utils.errors import ConfigError


class Seen(NamedTuple):
    """Tokens as an attention looks at them, projected once and good for any number of queries."""

    key: Tensor  # [B, heads, M, dim / heads]; B = 1 for a scene
    value: Tensor  # [B, heads, M, dim / heads]


class QueryAttention(nn.Module):
    """Multi-head attention whose parameters are those of ``nn.MultiheadAttention``, projecting what is seen only once."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        if dim % heads:
            raise ConfigError(f'dim = {dim} cannot be shared by heads = {heads}; choose a multiple')
        self.dim, self.heads = dim, heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * dim, dim))  # rows of the query, of the key, of the value
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * dim))
        self.out_proj = nn.Linear(dim, dim)
        nn.init.xavier_uniform_(self.in_proj_weight)
        nn.init.zeros_(self.out_proj.bias)

    def look_at(self, keys: Tensor, values: Tensor) -> Seen:
        """Project tokens [M, dim]; ``keys`` and ``values`` differ by what is added to tell where they are."""
        if keys is values:
            key, value = self._project(keys, 1, 3).split(self.dim, dim=-1)
        else:
            key, value = self._project(keys, 1, 2), self._project(values, 2, 3)
        return Seen(self._by_head(key), self._by_head(value))

    def forward(self, queries: Tensor, seen: Seen, blocked: Tensor | None = None) -> Tensor:
        """``queries`` [Q, dim], ``blocked`` [Q, M] true = may not see, never a whole row: [Q, dim]."""
        query = self._by_head(self._project(queries, 0, 1))
        mixed = attention(query, seen.key, seen.value, blocked, every_row_sees=True)  # [1, heads, Q, dim / heads]
        return self.out_proj(mixed[0].transpose(0, 1).flatten(1))

    def alone(self, tokens: Tensor) -> Tensor:
        """What each of ``tokens`` [Q, dim] gets that sees only itself: the softmax over one key is one."""
        return self.out_proj(self._project(tokens, 2, 3))

    def _project(self, tokens: Tensor, first: int, stop: int) -> Tensor:
        rows = slice(first * self.dim, stop * self.dim)
        return F.linear(tokens, self.in_proj_weight[rows], self.in_proj_bias[rows])

    def _by_head(self, tokens: Tensor) -> Tensor:
        return tokens.unflatten(1, (self.heads, -1)).transpose(0, 1)[None]  # the kernel asks for a batch axis
