"""Refuse what holds no numbers that could be read, before an operator fails on it in words of its own."""

import torch
from torch import Tensor

from uniseg3d.utils.errors import DataError


def expect_tensor(value: object, name: str, shape: str) -> None:
    """``value``, called ``name`` (plural) and meant to be ``shape``, must be a dense tensor with memory behind it."""
    if not isinstance(value, Tensor):
        raise DataError(f'{name} are a {type(value).__name__}; expected a torch tensor {shape}')
    if value.layout != torch.strided or value.is_meta:
        kind = 'on the meta device' if value.is_meta else f'a tensor of layout {value.layout}'
        raise DataError(f'{name} are {kind}, where there are no numbers to read; expected a dense tensor {shape}')
