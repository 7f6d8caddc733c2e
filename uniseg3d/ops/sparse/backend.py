"""One switch between engines that compute the same convolution.

A back end is a module of ``uniseg3d.ops.sparse.backends`` with the four functions of ``Backend``. ``auto`` takes the
fastest that is ready: the C kernel on a CPU, Triton on CUDA, plain PyTorch elsewhere. Peers (spconv, MinkowskiEngine) run
on request only.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast

from torch import Tensor

from uniseg3d.ops.sparse.table import NeighbourTable
from uniseg3d.utils.errors import ConfigError

ENVIRONMENT = 'UNISEG3D_SPARSE_BACKEND'
MODULES = {
    'torch': 'torch_native',
    'cpu': 'cpu_kernel',
    'triton': 'triton_masked',
    'spconv': 'spconv_peer',
    'minkowski': 'minkowski_peer',
}
AUTO = {'cpu': ('cpu', 'torch'), 'cuda': ('triton', 'torch')}  # by device, best first

_chosen: ContextVar[str | None] = ContextVar('sparse_backend', default=None)


class Backend(Protocol):
    """What a back end module offers."""

    def missing(self) -> str | None:
        """Why this machine cannot run it, or None."""

    def refuses(self, features: Tensor, weight: Tensor) -> str | None:
        """Why it cannot compute on tensors like these, or None."""

    def convolve(self, features: Tensor, weight: Tensor, table: NeighbourTable) -> Tensor:
        """out[o] = sum_k features[table[k, o]] @ weight[k]: [n_in, Cin], [K, Cin, Cout] to [n_out, Cout]."""

    # An engine may also offer convolve_then(features, weight, table, then): the ``Epilogue`` of a convolution in one go.

    def weight_gradient(self, features: Tensor, grad: Tensor, table: NeighbourTable) -> Tensor:
        """dW[k] = sum_o features[table[k, o]]^T grad[o]: [n_in, Cin], [n_out, Cout] to [K, Cin, Cout]."""


@dataclass
class BackendReport:
    """One line of ``available_backends``."""

    name: str
    ready: bool
    detail: str


def load_backend(name: str) -> Backend:
    """The module behind a name."""
    if name not in MODULES:
        raise ConfigError(f'unknown sparse back end {name!r}; expected auto, {", ".join(MODULES)}')
    return cast(Backend, import_module(f'uniseg3d.ops.sparse.backends.{MODULES[name]}'))


def available_backends() -> list[BackendReport]:
    """Every back end, whether it is ready on this machine, and why not."""
    reports = []
    for name in MODULES:
        missing = load_backend(name).missing()
        reports.append(BackendReport(name, missing is None, missing or (load_backend(name).__doc__ or '').split('\n')[0]))
    return reports


@contextmanager
def use_backend(name: str) -> Iterator[None]:
    """Convolutions inside run on this back end (``auto`` or a name)."""
    if name != 'auto':
        load_backend(name)
    token = _chosen.set(name)
    try:
        yield
    finally:
        _chosen.reset(token)


def select_backend(features: Tensor, weight: Tensor, name: str | None = None) -> Backend:
    """The back end for one call: the argument, else ``use_backend``, else the environment variable, else auto."""
    name = name or _chosen.get() or os.environ.get(ENVIRONMENT) or 'auto'
    if name != 'auto':
        backend = load_backend(name)
        refusal = backend.missing() or backend.refuses(features, weight)
        if refusal:
            raise ConfigError(f'the sparse back end {name} cannot be used: {refusal}; choose auto or torch')
        return backend
    for candidate in AUTO.get(features.device.type, ('torch',)):
        backend = load_backend(candidate)
        if not backend.missing() and not backend.refuses(features, weight):
            return backend
    return load_backend('torch')
