"""Vectors whose length is stored on another scale: networks answer in a range that near and far things share."""

import torch
from torch import Tensor


def exp_length(vectors: Tensor) -> Tensor:
    """v/‖v‖ · (e^‖v‖ - 1), [..., 3]: what pointmap and pose heads make of their raw output."""
    length = vectors.norm(dim=-1, keepdim=True)
    return vectors / length.clamp(min=1e-8) * torch.expm1(length)


def log_length(vectors: Tensor) -> Tensor:
    """v/‖v‖ · ln(1 + ‖v‖), [..., 3]: the inverse of :func:`exp_length`."""
    length = vectors.norm(dim=-1, keepdim=True)
    return vectors / length.clamp(min=1e-8) * torch.log1p(length)


def signed_exp(values: Tensor) -> Tensor:
    """sgn(v) (e^|v| - 1) per component."""
    return values.sign() * torch.expm1(values.abs())


def signed_log(values: Tensor) -> Tensor:
    """sgn(v) ln(1 + |v|) per component: the inverse of :func:`signed_exp`."""
    return values.sign() * torch.log1p(values.abs())
