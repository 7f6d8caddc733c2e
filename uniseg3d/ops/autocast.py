"""Whether PyTorch chooses the floating-point type of operations by itself."""

import torch
from torch import Tensor


def autocasts(tensor: Tensor) -> bool:
    """Whether autocast is on for the device of ``tensor``; some devices know none."""
    device = tensor.device.type
    return torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device)
