"""How well a query thinks that its mask fits."""

from torch import Tensor

from uniseg3d.models.layers.mlp import PlainMLP
from uniseg3d.registry import MODELS


@MODELS.register_module()
class IoUHead(PlainMLP):
    """Linear layers to one number, which is not squashed into 0..1: ``layers`` are 3 in UniSeg3D, 2 in OneFormer3D."""

    def __init__(self, dim: int, layers: int = 3) -> None:
        super().__init__([dim] * layers + [1])

    def forward(self, embeddings: Tensor) -> Tensor:
        """Normalised queries [Q, dim]: expected intersection over union [Q]."""
        return super().forward(embeddings)[:, 0]
