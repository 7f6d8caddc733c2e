"""A linear layer on the fastest exact path of this machine."""

import torch
from torch import Tensor, nn

from uniseg3d.ops.linear import linear


class Linear(nn.Linear):
    """``nn.Linear``, multiplied by ``ops.linear``."""

    def forward(self, inputs: Tensor) -> Tensor:
        if torch.compiler.is_compiling():  # a compiler chooses itself, and could not look into the choice
            return super().forward(inputs)
        return linear(inputs, self.weight, self.bias)


def init_linears(module: nn.Module) -> None:
    """Start every linear layer in ``module`` as vision transformers do: Xavier's uniform weights, no bias."""
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
