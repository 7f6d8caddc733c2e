"""Transformer blocks over tokens with positions, several scenes in one tensor, none padded."""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.ops.attention import attention, prefer_near


class NearAttention(nn.Module):
    """Self-attention within each scene whose heads prefer near tokens, each with its own learned reach."""

    def __init__(self, dim: int, heads: int, reach: tuple[float, float] = (0.3, 5.0), train_keys: int | None = None) -> None:
        """``reach``: initial distances in metres at which the nearest- and the furthest-sighted head lose one logit.

        ``train_keys``: in training, tokens look at so many others at most, drawn anew each time. A mean over a sample
        stands for the mean over all, and a step costs a fraction.
        """
        super().__init__()
        self.heads, self.width, self.train_keys = heads, dim // heads, train_keys
        # prefer_near adds four channels to queries and keys; equally wide values keep torch's fast kernel
        self.widths = (dim, dim, heads * (self.width + 4))
        self.project = nn.Linear(dim, sum(self.widths))
        self.merge = nn.Linear(self.widths[2], dim)
        near, far = (math.log(distance) for distance in reach)
        self.log_rate = nn.Parameter(-2 * torch.linspace(near, far, heads))  # [heads], 1 / m²

    def forward(self, tokens: Tensor, positions: Tensor, counts: Sequence[int]) -> Tensor:
        """``tokens`` [sum M, dim], ``positions`` [sum M, 3] metres, ``counts`` M of each scene: [sum M, dim]."""
        parts = zip(self.project(tokens).split(counts), positions.split(counts), strict=True)
        return self.merge(torch.cat([self._look_around(scene, position) for scene, position in parts]))

    def _look_around(self, projected: Tensor, position: Tensor) -> Tensor:
        query, key, value = (
            part.unflatten(1, (self.heads, -1)).transpose(0, 1) for part in projected.split(self.widths, dim=1)
        )  # [heads, M, ...]
        scale = self.width**-0.5
        query, key = prefer_near(query, key, position, self.log_rate.exp(), scale)
        if self.training and self.train_keys is not None and self.train_keys < len(position):
            chosen = torch.randperm(len(position), device=position.device)[: self.train_keys]
            key, value = key[:, chosen], value[:, chosen]
        seen = attention(query[None], key[None], value[None], scale=scale)[0]  # the kernel asks for a batch axis
        return seen.transpose(0, 1).flatten(1)


class SceneBlock(nn.Module):
    """Attention and a two-layer perceptron, each on normalised input and added to the tokens."""

    def __init__(self, dim: int, heads: int, expand: int = 2, dropout: float = 0.0, train_keys: int | None = None) -> None:
        super().__init__()
        self.norm_attention, self.norm_mlp = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attention = NearAttention(dim, heads, train_keys=train_keys)
        self.mlp = nn.Sequential(nn.Linear(dim, expand * dim), nn.GELU(), nn.Linear(expand * dim, dim))
        self.dropout = dropout

    def forward(self, tokens: Tensor, positions: Tensor, counts: Sequence[int]) -> Tensor:
        """As ``NearAttention``."""
        tokens = tokens + self._drop(self.attention(self.norm_attention(tokens), positions, counts))
        return tokens + self._drop(self.mlp(self.norm_mlp(tokens)))

    def _drop(self, tokens: Tensor) -> Tensor:
        return F.dropout(tokens, self.dropout, self.training)
