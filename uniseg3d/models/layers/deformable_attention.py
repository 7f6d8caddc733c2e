"""Multi-scale deformable attention with its projections."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from uniseg3d.ops.deformable_attention import deformable_attention
from uniseg3d.utils.errors import ConfigError


class DeformableAttention(nn.Module):
    """Every query looks, with each head, at ``points`` places of each of ``levels`` maps around where it stands."""

    def __init__(self, dim: int, heads: int = 8, levels: int = 1, points: int = 4) -> None:
        super().__init__()
        if dim % heads:
            raise ConfigError(f'dim = {dim} cannot be shared by heads = {heads}; choose a multiple')
        self.heads, self.levels, self.points = heads, levels, points
        self.sampling_offsets = nn.Linear(dim, heads * levels * points * 2)
        self.attention_weights = nn.Linear(dim, heads * levels * points)
        self.value_proj, self.output_proj = nn.Linear(dim, dim), nn.Linear(dim, dim)
        self._start()

    def _start(self) -> None:
        """Heads look in different directions, each at 1, 2, ... cells' distance, and weigh all places alike."""
        angle = torch.arange(self.heads) * (2 * math.pi / self.heads)
        direction = torch.stack([angle.cos(), angle.sin()], 1)
        direction = direction / direction.abs().amax(1, keepdim=True)  # [heads, 2]
        steps = torch.arange(1, self.points + 1)[:, None]
        bias = (direction[:, None, None] * steps).expand(-1, self.levels, -1, -1)  # [heads, levels, points, 2]
        with torch.no_grad():
            self.sampling_offsets.bias.copy_(bias.flatten())
        for layer in (self.sampling_offsets, self.attention_weights):
            nn.init.zeros_(layer.weight)
        nn.init.zeros_(self.attention_weights.bias)
        for layer in (self.value_proj, self.output_proj):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, queries: Tensor, references: Tensor, values: Tensor, shapes: Sequence[tuple[int, int]]) -> Tensor:
        """``queries`` [B, Q, dim] at ``references`` (x, y), which spread to [B, Q, levels, 2]; ``values`` [B, S, dim] are the
        cells of the maps of ``shapes``: [B, Q, dim].
        """
        sizes = queries.new_tensor([(columns, rows) for rows, columns in shapes])  # [levels, 2]
        offsets = self.sampling_offsets(queries).unflatten(-1, (self.heads, self.levels, self.points, 2))
        locations = references[..., None, :, None, :] + offsets / sizes[:, None]  # [B, Q, heads, levels, points, 2]
        weights = self.attention_weights(queries).unflatten(-1, (self.heads, -1)).softmax(-1)
        weights = weights.unflatten(-1, (self.levels, self.points))
        value = self.value_proj(values).unflatten(-1, (self.heads, -1))  # [B, S, heads, width]
        return self.output_proj(deformable_attention(value, shapes, locations, weights))
