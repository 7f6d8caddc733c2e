"""How well a query thinks that its mask fits."""

from torch import Tensor

from uniseg3d.models.layers.mlp import PlainMLP
from uniseg3d.registry import MODELS


@MODELS.register_module()
class IoUHead(PlainMLP):
    """Three linear layers to one number, which is not squashed into 0..1."""

    def __init__(self, dim: int) -> None:
        super().__init__([dim, dim, dim, 1])

    def forward(self, embeddings: Tensor) -> Tensor:
        """Normalised queries [Q, dim]: expected intersection over union [Q]."""
        return super().forward(embeddings)[:, 0]
