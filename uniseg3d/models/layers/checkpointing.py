"""Trading time for memory in training: what a block computed inside is computed again for the gradient."""

from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint


def run_block(block: nn.Module, *inputs: Any, again: bool) -> Any:
    """``block(*inputs)``; with ``again`` only inputs and outputs are kept for the gradient."""
    if again and block.training and torch.is_grad_enabled():
        return checkpoint(block, *inputs, use_reentrant=False)
    return block(*inputs)
