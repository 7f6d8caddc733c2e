"""Masks of queries."""

from typing import Any

from torch import Tensor, nn

from uniseg3d.models.layers.build import as_module
from uniseg3d.registry import MODELS


@MODELS.register_module()
class MaskHead(nn.Module):
    """Mask logits = normalised query · mask features. ``embed`` may change the query in between."""

    def __init__(self, dim: int, embed: nn.Module | dict[str, Any] | None = None) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.embed = nn.Identity() if embed is None else as_module(embed)

    def forward(self, queries: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:
        """``queries`` [Q, dim], mask ``features`` [M, E]: the normalised queries [Q, dim] and mask logits [Q, M]."""
        embeddings = self.norm(queries)
        return embeddings, self.embed(embeddings) @ features.T
