"""Class logits from a perceptron: for a list of classes that never changes."""

import torch
from torch import Tensor, nn

from uniseg3d.models.layers.mlp import MLP
from uniseg3d.registry import MODELS


@MODELS.register_module()
class LinearClassHead(nn.Module):
    """Logits of ``classes`` and, last, of "none of them", from the query and the mean feature inside its mask.

    Args:
        dim: width of queries and of mask features.
        classes: number of classes.
        use_pooled: read the mean feature; else the query alone.
    """

    def __init__(self, dim: int, classes: int, use_pooled: bool = True) -> None:
        super().__init__()
        self.use_pooled = use_pooled
        width = 2 * dim if use_pooled else dim
        self.norm = nn.LayerNorm(width)
        self.project = MLP([width, dim, classes + 1])

    def forward(self, embeddings: Tensor, pooled: Tensor) -> Tensor:
        """Normalised queries [Q, dim], mean features inside their masks [Q, dim]: logits [Q, classes + 1]."""
        inputs = torch.cat([embeddings, pooled], 1) if self.use_pooled else embeddings
        return self.project(self.norm(inputs))
