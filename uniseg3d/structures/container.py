"""What all containers share: shape checks with a clear sentence, and moving to a device."""

import copy
from typing import Any, TypeVar

import torch
from torch import Tensor

from uniseg3d.utils.errors import DataError

Self = TypeVar('Self', bound='Container')


class Container:
    """Base of the dataclasses of this folder."""

    def to(self: Self, device: torch.device | str) -> Self:
        """Copy with every tensor on ``device``; containers inside move along.

        What was checked when it was made is not checked again: that would make a GPU wait for every field.
        """
        moved = copy.copy(self)
        for name, value in vars(self).items():
            setattr(moved, name, _move(value, device))
        return moved

    def _check(self, name: str, shape: tuple[int | None, ...], integer: bool | None = None) -> None:
        """Refuse field ``name`` unless it has ``shape`` (``None`` = any size) and, if stated, an integer or floating type."""
        value = getattr(self, name)
        where = f'{type(self).__name__}.{name}'
        if not isinstance(value, Tensor):
            raise DataError(f'{where} must be a tensor, got {type(value).__name__}')
        fits = value.ndim == len(shape) and all(w is None or w == g for w, g in zip(shape, value.shape, strict=True))
        if not fits:
            expected = ', '.join('any' if size is None else str(size) for size in shape)
            raise DataError(f'{where}: expected shape ({expected}), got {tuple(value.shape)}')
        if integer is not None and integer == value.is_floating_point():
            raise DataError(f'{where}: expected {"an integer" if integer else "a floating"} type, got {value.dtype}')


def _move(value: Any, device: torch.device | str) -> Any:
    if isinstance(value, Tensor | Container):
        return value.to(device)
    if isinstance(value, list | tuple):
        return type(value)(_move(item, device) for item in value)
    return value
