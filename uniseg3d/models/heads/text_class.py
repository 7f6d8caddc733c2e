"""Class logits by comparison with any number of embedded texts."""

import torch
from torch import Tensor, nn

from uniseg3d.models.layers.linear import Linear, init_linears
from uniseg3d.registry import MODELS


@MODELS.register_module()
class TextClassHead(nn.Module):
    """A learned scale times the cosine between what a query says and each text.

    Args:
        dim: width of queries.
        text_dim: width of the embedded texts.
        scale: natural logarithm of the scale at the start.
        bias: learn what is added to all logits, starting here: most classes are mostly absent. ``None``, as published: nothing.
    """

    def __init__(self, dim: int = 768, text_dim: int = 768, scale: float = 1.0, bias: float | None = None) -> None:
        super().__init__()
        self.project = Linear(dim, text_dim)
        self.scale = nn.Parameter(torch.tensor(scale))
        self.bias = None if bias is None else nn.Parameter(torch.tensor(bias))
        init_linears(self)

    def forward(self, embeddings: Tensor, texts: Tensor) -> Tensor:
        """Normalised queries [Q, dim], texts [C, text_dim] of unit length: float32 logits [Q, C]."""
        said = self.project(embeddings)
        with torch.autocast(said.device.type, enabled=False):
            said = said.float()
            directions = said / (said.norm(dim=-1, keepdim=True) + 1e-7)
            logits = self.scale.exp() * (directions @ texts.float().T)
        return logits if self.bias is None else logits + self.bias
