"""MinkowskiEngine, where it is installed: a peer to compare with, on a CPU or on CUDA.

It convolves coordinates, not tables, so it is told where the rows of a table lie, and which offsets the kernel has in our
order. Weights therefore need no conversion here; checkpoints do (``weights.from_minkowski``).
"""

import collections
import collections.abc
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from uniseg3d.ops.sparse.table import Geometry, NeighbourTable
from uniseg3d.utils.errors import DataError

TYPES = (torch.float32, torch.float64)
HINT = 'it is compiled from source, which takes minutes: see requirements/minkowski.txt'


class Maps(NamedTuple):
    """The engine's own index of one table."""

    manager: Any
    kernel: Any
    source_key: Any
    target_key: Any
    to_source: Tensor  # [n_in] our row of each of its input rows
    from_target: Tensor  # [n_out] its row of each of our output rows


_maps: WeakKeyDictionary[NeighbourTable, Maps] = WeakKeyDictionary()


@cache
def _engine() -> ModuleType | str:
    for name in ('Sequence', 'Mapping', 'Iterable', 'Callable'):  # it was written when these names lived here, too
        if not hasattr(collections, name):
            setattr(collections, name, getattr(collections.abc, name))
    try:
        return import_module('MinkowskiEngine')
    except Exception as error:  # a build that does not fit this torch fails in many ways
        return f'MinkowskiEngine cannot be imported ({error}); {HINT}'


def missing() -> str | None:
    """Why this machine cannot run it, or None."""
    engine = _engine()
    return engine if isinstance(engine, str) else None


def refuses(features: Tensor, weight: Tensor) -> str | None:
    """Why it cannot compute on tensors like these, or None."""
    kinds = ', '.join(map(str, TYPES))
    return None if features.dtype in TYPES else f'it computes in {kinds}, the features are {features.dtype}'


def convolve(features: Tensor, weight: Tensor, table: NeighbourTable) -> Tensor:
    """See ``Backend.convolve``."""
    with torch.no_grad():
        return _convolve(features, weight.contiguous(), _maps_of(table))


def weight_gradient(features: Tensor, grad: Tensor, table: NeighbourTable) -> Tensor:
    """See ``Backend.weight_gradient``."""
    weight = features.new_zeros(table.volume, features.shape[1], grad.shape[1], requires_grad=True)
    with torch.enable_grad():
        out = _convolve(features.detach(), weight, _maps_of(table))
    return torch.autograd.grad(out, weight, grad)[0]


def _convolve(features: Tensor, weight: Tensor, maps: Maps) -> Tensor:
    engine = _engine()
    rows = features.index_select(0, maps.to_source)
    function = engine.MinkowskiConvolution.MinkowskiConvolutionFunction.apply  # type: ignore[union-attr]
    mode = engine.ConvolutionMode.DEFAULT  # type: ignore[union-attr]
    out = function(rows, weight, maps.kernel, mode, maps.source_key, maps.target_key, maps.manager)
    return out.index_select(0, maps.from_target)


def _maps_of(table: NeighbourTable) -> Maps:
    if table not in _maps:
        _maps[table] = _build(table.geometry)
    return _maps[table]


def _build(geometry: Geometry | None) -> Maps:
    if geometry is None:
        raise DataError('this neighbour table does not say where its rows lie, which MinkowskiEngine needs; use Level')
    engine: Any = _engine()
    on_gpu = geometry.source.is_cuda
    manager = engine.CoordinateManager(
        D=3, coordinate_map_type=engine.CoordinateMapType.CUDA if on_gpu else engine.CoordinateMapType.CPU
    )
    keys = []
    for name, coords in (('source', geometry.source), ('target', geometry.target)):
        keys.append(manager.insert_and_map(coords, [1, 1, 1], name))
    (source_key, (to_source, _)), (target_key, (_, from_target)) = keys
    kernel = engine.KernelGenerator(
        kernel_size=3,
        region_type=engine.RegionType.CUSTOM,
        region_offsets=torch.tensor(geometry.offsets, dtype=torch.int32),
        dimension=3,
    )
    return Maps(manager, kernel, source_key, target_key, to_source, from_target)
