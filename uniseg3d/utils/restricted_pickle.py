"""A pickle reader that can only make plain data: containers, numbers, numpy arrays and torch CPU tensors.

A pickle is a program. This reader resolves names through one fixed table, and checks array types and array contents
before they meet, because a forged numpy type over raw bytes reads foreign memory. Everything else is refused by name
before it runs.
"""

import collections
import io
import pickle
from pathlib import Path
from typing import IO, Any, ClassVar

import numpy as np
import torch
from torch._utils import _rebuild_tensor_v2

from uniseg3d.utils.errors import FileFormatError


class RefusedPickleError(pickle.UnpicklingError):
    """A pickle asks for something that is not plain data."""


class _ArrayClass:
    """Stands for ``numpy.ndarray`` where a pickle passes the class on; calling it makes nothing of use."""


def _dtype(code: Any, *_: Any) -> np.dtype:
    dtype = np.dtype(code, False, True) if isinstance(code, str) else None  # a copy: its state is set later
    if dtype is None or dtype.kind not in 'biufcSUO':
        raise RefusedPickleError(f'numpy type {code!r}')
    return dtype


def _empty_array(*_: Any) -> np.ndarray:
    return np.empty(0)


def _array_from_buffer(buffer: bytes, dtype: np.dtype, shape: tuple[int, ...], order: Any) -> np.ndarray:
    return np.frombuffer(buffer, dtype).reshape(shape, order=order).copy()  # frombuffer itself refuses object types


def _scalar(dtype: np.dtype, raw: bytes) -> Any:
    return np.frombuffer(raw, dtype, count=1)[0]


def _encode(text: str, codec: str) -> bytes:
    if codec != 'latin1':  # what pickle protocol 2 writes for bytes
        raise RefusedPickleError(f'_codecs.encode to {codec!r}')
    return text.encode(codec)


def _storage(raw: bytes) -> Any:
    return torch.load(io.BytesIO(raw), map_location='cpu', weights_only=True)


def _tensor(storage: Any, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> torch.Tensor:
    return _rebuild_tensor_v2(storage, offset, size, stride, False, collections.OrderedDict())


def _names() -> dict[tuple[str, str], Any]:
    names: dict[tuple[str, str], Any] = {
        ('collections', 'OrderedDict'): collections.OrderedDict,
        ('numpy', 'dtype'): _dtype,
        ('numpy', 'ndarray'): _ArrayClass,
        ('_codecs', 'encode'): _encode,
        ('torch._utils', '_rebuild_tensor_v2'): _tensor,
        ('torch.storage', '_load_from_bytes'): _storage,
    }
    for module in ('builtins', '__builtin__'):
        names |= {(module, kind.__name__): kind for kind in (set, frozenset, slice, complex, bytes, bytearray)}
    for core in ('numpy.core', 'numpy._core'):  # numpy 1 and numpy 2
        names[f'{core}.multiarray', '_reconstruct'] = _empty_array
        names[f'{core}.multiarray', 'scalar'] = _scalar
        names[f'{core}.numeric', '_frombuffer'] = _array_from_buffer
    return names


def _set_state(value: Any, state: Any) -> None:
    if isinstance(value, np.dtype):
        honest = value.newbyteorder(state[1]).__reduce__()[2]
        if state[1:] != honest[1:]:
            raise RefusedPickleError(f'altered numpy type {value}')
        value.__setstate__(state)  # type: ignore[attr-defined]
    elif type(value) is np.ndarray:
        _, _, dtype, _, content = state
        if not isinstance(dtype, np.dtype) or isinstance(content, list) != dtype.hasobject:
            raise RefusedPickleError(f'numpy array of {dtype} over {type(content).__name__}')
        value.__setstate__(state)
    else:
        raise RefusedPickleError(f'state for {type(value).__name__}')


# The unpickler written in Python, because its BUILD step can be replaced: the compiled one sets any object's state.
_PythonUnpickler: Any = pickle._Unpickler


class _Reader(_PythonUnpickler):
    names: ClassVar[dict[tuple[str, str], Any]] = _names()
    dispatch: ClassVar[dict[int, Any]] = dict(_PythonUnpickler.dispatch)

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self.names[module, name]
        except KeyError:
            raise RefusedPickleError(f'{module}.{name}') from None

    def get_extension(self, code: int) -> Any:
        raise RefusedPickleError(f'extension {code}')

    def load_build(self) -> None:
        state = self.stack.pop()
        _set_state(self.stack[-1], state)

    dispatch[pickle.BUILD[0]] = load_build


def read_restricted(file: IO[bytes]) -> Any:
    """Content of an open pickle of plain data only; anything else raises ``RefusedPickleError``."""
    return _Reader(file).load()


def load_restricted(path: str | Path) -> Any:
    """Content of a pickle file that holds plain data only."""
    path = Path(path)
    if not path.is_file():
        raise FileFormatError(f'{path} does not exist; check the path')
    try:
        with open(path, 'rb') as file:
            return read_restricted(file)
    except RefusedPickleError as error:
        raise FileFormatError(
            f'{path} is refused: it asks for {error}, which is not plain data (containers, numbers, numpy arrays, torch '
            'tensors); nothing of it was run. Ask its author for a JSON file'
        ) from error
    except Exception as error:  # a damaged pickle can fail in any of Python's ways
        size = path.stat().st_size
        raise FileFormatError(f'{path} ({size} bytes) is truncated or not a pickle: {type(error).__name__}: {error}') from error
