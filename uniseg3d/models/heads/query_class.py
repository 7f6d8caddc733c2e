"""Class logits from the query alone, as published for OneFormer3D: for a list of classes that never changes."""

from torch import Tensor, nn

from uniseg3d.models.layers.mlp import PlainMLP
from uniseg3d.registry import MODELS


@MODELS.register_module()
class QueryClassHead(nn.Module):
    """Logits of ``classes`` and, last, of "none of them", from the normalised query and nothing else.

    Args:
        dim: width of queries.
        classes: number of classes.
        hidden: two linear layers with ReLU between them; else a single one.
    """

    def __init__(self, dim: int, classes: int, hidden: bool = True) -> None:
        super().__init__()
        self.layers = PlainMLP([dim, *([dim] if hidden else []), classes + 1])

    def forward(self, embeddings: Tensor, pooled: Tensor) -> Tensor:
        """Normalised queries [Q, dim] to logits [Q, classes + 1]; what lies inside their masks is not read."""
        return self.layers(embeddings)
