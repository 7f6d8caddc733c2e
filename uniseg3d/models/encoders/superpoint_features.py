"""Features of superpoints in the width of a space of texts."""

from typing import Any

from torch import Tensor, nn

from uniseg3d.models.layers.build import as_module
from uniseg3d.registry import MODELS
from uniseg3d.structures import SceneBatch


@MODELS.register_module()
class SuperpointFeatures(nn.Module):
    """An encoder of superpoints and a linear layer: SAS learns with it on a CPU, where sparse networks take long.

    Args:
        encoder: scenes to features [sum M, dim].
        out_channels: width of the texts.
    """

    of_superpoints = True  # not of voxels

    def __init__(self, encoder: nn.Module | dict[str, Any], out_channels: int) -> None:
        super().__init__()
        self.encoder = as_module(encoder)
        dim: int = self.encoder.dim  # type: ignore[assignment]
        self.head = nn.Linear(dim, out_channels)

    def forward(self, batch: SceneBatch) -> Tensor:
        """Features [sum M, out_channels] of all superpoints of a batch."""
        return self.head(self.encoder(batch))
