"""Attention in C for float32 predictions on CPUs (AVX-512 or AVX2, several threads), compiled on first use."""

import ctypes
import math
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from uniseg3d.ops.autocast import autocasts
from uniseg3d.ops.sparse.backends.compiler import library_or_reason

SOURCE = Path(__file__).with_name('attend.c')
ISAS = ('none', 'avx2', 'avx512')  # numbered as in the C file
WIDEST = 128  # features of a key or value
FEWEST_QUERIES, FEWEST_KEYS = 12, 64  # with fewer, a tile stays empty

_POINTER, _INT = ctypes.c_void_p, ctypes.c_int
_SIGNATURES = {
    'attend_best_isa': (_INT, []),
    'attend': (_INT, [*[_POINTER] * 6, *[_INT] * 5, ctypes.c_float, _INT, _INT]),
}


@cache
def _library() -> ctypes.CDLL | str:
    """The compiled kernel, or why there is none."""
    library = library_or_reason(SOURCE, _SIGNATURES)
    if isinstance(library, str):
        return library
    return library if library.attend_best_isa() else 'this processor has neither AVX-512 nor AVX2'


def missing() -> str | None:
    """Why this machine has no kernel, or None."""
    library = _library()
    return library if isinstance(library, str) else None


def instruction_sets() -> list[str]:
    """What this machine can run, best first."""
    library = _library()
    return [] if isinstance(library, str) else list(reversed(ISAS[1 : library.attend_best_isa() + 1]))


def takes(query: Tensor, key: Tensor, value: Tensor, blocked: Tensor | None) -> bool:
    """Whether the kernel computes this attention, and faster than torch."""
    parts = (query, key, value)
    plain = all(t.device.type == 'cpu' and t.dtype == torch.float32 for t in parts) and not autocasts(query)
    if not plain or torch.compiler.is_compiling() or (torch.is_grad_enabled() and any(t.requires_grad for t in parts)):
        return False
    large = query.shape[-2] >= FEWEST_QUERIES and key.shape[-2] >= FEWEST_KEYS
    narrow = 0 < query.shape[-1] <= WIDEST and 0 < value.shape[-1] <= WIDEST
    alike = query.dim() > 2 and query.shape[:-2] == key.shape[:-2] == value.shape[:-2]
    shared = blocked is None or math.prod(blocked.shape[:-2]) == 1
    return large and narrow and alike and shared and missing() is None


def attend(
    query: Tensor, key: Tensor, value: Tensor, blocked: Tensor | None, scale: float | None = None, isa: str | None = None
) -> Tensor:
    """See ``attention``, for what :func:`takes` says; ``isa`` picks one of ``instruction_sets``."""
    library = _library()
    assert not isinstance(library, str), library  # callers asked takes() first
    parts = [_with_rows(t) for t in (query, key, value)]
    (heads, queries, width), (keys, out_width) = parts[0].shape, parts[2].shape[1:]
    out = query.new_empty(*query.shape[:-1], out_width)
    strides = (ctypes.c_int64 * 6)(*(t.stride(axis) for t in parts for axis in (0, 1)))
    mask = None if blocked is None else blocked.reshape(-1, keys).expand(queries, -1).contiguous()
    failed = library.attend(
        *(t.data_ptr() for t in parts),
        *(None if mask is None else mask.data_ptr(), out.data_ptr(), strides),
        *(heads, queries, keys, width, out_width, width**-0.5 if scale is None else scale),
        *(ISAS.index(isa) if isa else library.attend_best_isa(), torch.get_num_threads()),
    )
    if failed:
        raise MemoryError('the attention kernel could not allocate its scratch memory')
    return out


def _with_rows(tokens: Tensor) -> Tensor:
    """[..., N, D] as [H, N, D], rows without gaps."""
    flat = tokens.detach().reshape(-1, *tokens.shape[-2:])
    return flat if flat.stride(-1) == 1 else flat.contiguous()
