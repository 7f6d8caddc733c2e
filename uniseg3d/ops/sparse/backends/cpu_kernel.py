"""C kernel for float32 on CPUs (AVX-512, AVX2 or portable vectors, several threads), compiled on first use."""

import ctypes
import math
from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from uniseg3d.ops.sparse.backends.compiler import library_or_reason
from uniseg3d.ops.sparse.epilogue import Epilogue
from uniseg3d.ops.sparse.table import NeighbourTable

SOURCE = Path(__file__).with_name('sparse_conv.c')
ISAS = ('portable', 'avx2', 'avx512')  # numbered as in the C file
PAD = 16  # columns of a packed matrix come in multiples of this
BLOCK, SMALL_BLOCK = 512, 64  # rows of one thread's task

_POINTER, _LONG, _INT = ctypes.c_void_p, ctypes.c_int64, ctypes.c_int
_SIGNATURES = {
    'sparse_best_isa': (_INT, []),
    'sparse_has_threads': (_INT, []),
    'sparse_pack': (None, [_POINTER, *[_LONG] * 3, *[_INT] * 3, _POINTER]),
    'sparse_convolve': (_INT, [*[_POINTER] * 6, ctypes.c_float, _POINTER, _LONG, *[_INT] * 6]),
    'sparse_weight_gradient': (_INT, [*[_POINTER] * 5, _LONG, *[_INT] * 3, *[_LONG] * 2, *[_INT] * 2]),
}


@cache
def _library() -> ctypes.CDLL | str:
    """The compiled kernel, or why there is none."""
    return library_or_reason(SOURCE, _SIGNATURES)


def missing() -> str | None:
    """Why this machine has no kernel, or None."""
    library = _library()
    return library if isinstance(library, str) else None


def refuses(features: Tensor, weight: Tensor) -> str | None:
    """Why it cannot compute on tensors like these, or None."""
    if features.device.type != 'cpu' or features.dtype != torch.float32:
        return f'it computes in float32 on a CPU, the features are {features.dtype} on {features.device}'
    return None


def instruction_sets() -> list[str]:
    """What this machine can run, best first."""
    return list(reversed(ISAS[: _ready().sparse_best_isa() + 1]))


def convolve(
    features: Tensor, weight: Tensor, table: NeighbourTable, isa: str | None = None, then: Epilogue | None = None
) -> Tensor:
    """See ``Backend.convolve``; ``isa`` picks an instruction set of ``instruction_sets``."""
    library, threads = _ready(), torch.get_num_threads()
    kernel, cin, cout = weight.shape
    features = features.contiguous()
    packed = features.new_empty(kernel, cin, _padded(cout))
    library.sparse_pack(weight.data_ptr(), *weight.stride(), kernel, cin, cout, packed.data_ptr())
    out = features.new_empty(table.target_count, cout)
    block = BLOCK if threads == 1 else min(max(table.target_count // (4 * threads), SMALL_BLOCK), BLOCK)
    scale, shift = (None, None) if then is None else (then.scale.contiguous(), then.shift.contiguous())
    rows, order = table.walk
    failed = library.sparse_convolve(
        *(t.data_ptr() for t in (features, packed, rows)),
        *(None if t is None else t.data_ptr() for t in (order, scale, shift)),
        *(0.0 if then is not None and then.relu else -math.inf, out.data_ptr()),
        *(table.target_count, kernel, cin, cout, block, _isa(isa), threads),
    )
    return _done(out, failed)


def convolve_then(features: Tensor, weight: Tensor, table: NeighbourTable, then: Epilogue) -> Tensor:
    """``then`` of the convolution, done while the sums are in cache."""
    return convolve(features, weight, table, then=then)


def weight_gradient(features: Tensor, grad: Tensor, table: NeighbourTable, isa: str | None = None) -> Tensor:
    """See ``Backend.weight_gradient``. The result lies in memory as the modules keep their weights: no copy follows."""
    library = _ready()
    cin, cout = features.shape[1], grad.shape[1]
    padded = _padded(cin)
    features = (F.pad(features, (0, padded - cin)) if padded > cin else features).contiguous()
    grad = grad.contiguous()
    out = grad.new_zeros(cout, table.volume, padded)
    rows, order = table.walk
    failed = library.sparse_weight_gradient(
        *(t.data_ptr() for t in (grad, features, rows)),
        *(None if order is None else order.data_ptr(), out.data_ptr()),
        *(table.target_count, table.volume, cout, padded, out.stride(1), out.stride(0), _isa(isa), torch.get_num_threads()),
    )
    return _done(out, failed)[..., :cin].permute(1, 2, 0)


def _ready() -> ctypes.CDLL:
    library = _library()
    assert not isinstance(library, str), library  # callers asked missing() first
    return library


def _isa(name: str | None) -> int:
    return _ready().sparse_best_isa() if name is None else ISAS.index(name)


def _padded(columns: int) -> int:
    return -(-columns // PAD) * PAD


def _done(result: Tensor, failed: int) -> Tensor:
    if failed:
        raise MemoryError('the sparse convolution kernel could not allocate its scratch memory')
    return result
