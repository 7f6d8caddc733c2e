"""One query per click prompt, however many signed clicks it has."""

import torch
from torch import Tensor, nn

from uniseg3d.models.layers.mlp import PlainMLP
from uniseg3d.ops.scatter import segment_sum
from uniseg3d.structures import Clicks


class ClickPooling(nn.Module):
    """Mean feature of the positive clicks plus a learned correction, which a single positive click does not get.

    The correction reads the mean features of positive and of negative clicks, and starts at zero.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.correction = PlainMLP([2 * dim + 2, dim, dim])
        nn.init.zeros_(self.correction[-1].weight)  # type: ignore[arg-type]
        nn.init.zeros_(self.correction[-1].bias)  # type: ignore[arg-type]

    def forward(self, features: Tensor, clicks: Clicks) -> Tensor:
        """``features`` [M, dim] of superpoints: [K, dim]."""
        clicked = features[clicks.superpoint]  # [C, dim]
        signs = torch.stack([clicks.positive, ~clicks.positive], 1).to(clicked.dtype)  # [C, 2]
        count = segment_sum(signs, clicks.prompt, len(clicks))  # [K, 2]
        sums = segment_sum((signs[:, :, None] * clicked[:, None]).flatten(1), clicks.prompt, len(clicks))  # [K, 2 * dim]
        means = sums.unflatten(1, (2, -1)) / count.clamp(min=1)[:, :, None]  # [K, 2, dim]
        correction = self.correction(torch.cat([means.flatten(1), count.log1p()], 1))
        single = (count[:, :1] == 1) & (count[:, 1:] == 0)
        return means[:, 0] + torch.where(single, 0.0, correction)
