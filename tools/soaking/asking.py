"""One request, and what it was answered, short enough to be kept."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from torch import Tensor

from uniseg3d.utils.errors import UniSeg3DError


@dataclass(frozen=True)
class Ask:
    """Something that anybody may ask at any time, and whose answer depends on nothing else that is asked."""

    name: str
    do: Callable[[], Any]

    def answer(self) -> str:
        """A digest of the answer; of a refusal its sentence."""
        try:
            return digest(self.do())
        except UniSeg3DError as error:
            return f'{type(error).__name__}: {error}'


def digest(value: Any) -> str:
    """Equal for equal answers, to the last bit."""
    state = hashlib.sha256()
    _feed(state, value)
    return state.hexdigest()


def _feed(state: Any, value: Any) -> None:
    if isinstance(value, Tensor):
        state.update(f'{tuple(value.shape)} {value.dtype}'.encode())
        state.update(value.detach().cpu().contiguous().numpy().tobytes())
    elif isinstance(value, bytes):
        state.update(value)
    elif isinstance(value, list | tuple):
        state.update(f'{len(value)} parts'.encode())
        for part in value:
            _feed(state, part)
    elif isinstance(value, dict):
        _feed(state, sorted(value.items()))
    elif is_dataclass(value):
        _feed(state, [(field.name, getattr(value, field.name)) for field in fields(value)])
    else:
        state.update(repr(value).encode())
