"""What all containers share: checks with a clear sentence, and moving to a device."""

import copy
from typing import Any, TypeVar

import torch
from torch import Tensor

from uniseg3d.utils.errors import DataError

KINDS = {
    'index': (torch.int32, torch.int64),  # not narrower: torch takes uint8 for a mask, and int8 does not reach far
    'bool': (torch.bool,),
    'float': (torch.float32, torch.float16, torch.bfloat16, torch.float64),
    'uint8': (torch.uint8,),
}
Self = TypeVar('Self', bound='Container')


class Container:
    """Base of the dataclasses of this folder; they are declared with eq=False, as == over tensors has no single answer."""

    def to(self: Self, device: torch.device | str) -> Self:
        """Copy with every tensor on ``device``; containers inside move along.

        What was checked when it was made is not checked again: that would make a GPU wait for every field.
        """
        moved = copy.copy(self)
        for name, value in vars(self).items():
            setattr(moved, name, _move(value, device))
        return moved

    def _check(self, name: str, shape: tuple[int | None, ...], kind: str) -> None:
        """Refuse field ``name`` unless it is a tensor of ``shape`` (``None`` = any size) and of one of the ``KINDS``."""
        value = getattr(self, name)
        if not isinstance(value, Tensor):
            raise DataError(f'{self._where(name)} must be a tensor, got {type(value).__name__}')
        fits = value.ndim == len(shape) and all(w is None or w == g for w, g in zip(shape, value.shape, strict=True))
        if not fits:
            expected = ', '.join('any' if size is None else str(size) for size in shape)
            raise DataError(f'{self._where(name)}: expected shape ({expected}), got {tuple(value.shape)}')
        if value.dtype not in KINDS[kind]:
            names = ' or '.join(str(dtype).removeprefix('torch.') for dtype in KINDS[kind])
            raise DataError(f'{self._where(name)}: expected {names}, got {value.dtype}')

    def _check_values(self, name: str, low: int, stop: int) -> None:
        """Refuse integer field ``name`` unless all values are in ``low``..``stop - 1``. Makes a GPU wait: for loading only."""
        value = getattr(self, name)
        if value.numel():
            least, most = (int(bound) for bound in value.aminmax())
            if least < low or most >= stop:
                raise DataError(
                    f'{self._where(name)}: expected values from {low} to below {stop}, got values from {least} to {most}'
                )

    def _check_finite(self, name: str) -> None:
        """Refuse NaN and infinity in field ``name``. Makes a GPU wait: for loading only."""
        bad = ~torch.isfinite(getattr(self, name))
        if bad.any():
            rows = int(bad.reshape(len(bad), -1).any(1).sum())
            raise DataError(
                f'{self._where(name)}: {rows} of {len(bad)} rows have NaN or infinite values; drop these points first'
            )

    def _check_type(self, name: str, kind: type) -> None:
        """Refuse field ``name`` unless it is a ``kind``."""
        value = getattr(self, name)
        if not isinstance(value, kind):
            raise DataError(f'{self._where(name)} must be of type {kind.__name__}, got {type(value).__name__}')

    def _check_items(self, name: str, kind: type) -> None:
        """Refuse field ``name`` unless it is a list of ``kind``; a string is no list of strings."""
        self._check_type(name, list)
        wrong = [type(item).__name__ for item in getattr(self, name) if not isinstance(item, kind)]
        if wrong:
            raise DataError(f'{self._where(name)} must hold {kind.__name__} only, got {wrong[0]}')

    def _where(self, name: str) -> str:
        scene = getattr(self, 'scene_id', None)
        return f'scene {scene}: {type(self).__name__}.{name}' if scene else f'{type(self).__name__}.{name}'


def _move(value: Any, device: torch.device | str) -> Any:
    if isinstance(value, Tensor | Container):
        return value.to(device)
    if isinstance(value, list | tuple):
        return type(value)(_move(item, device) for item in value)
    return value
