"""MinkowskiEngine, where it is installed: a peer to compare with, on a CPU or on CUDA.

It convolves coordinates, not tables, so it is told where the rows of a table lie, and which offsets the kernel has in our
order. Weights therefore need no conversion here; checkpoints do (``weights.from_minkowski``). Builds of it fail in many ways
with newer releases of PyTorch, so it counts as ready only after it has computed a small convolution right.
"""

import collections
import collections.abc
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from uniseg3d.ops.sparse.backends import torch_native
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
def missing() -> str | None:
    """Why this machine cannot run it, or None."""
    try:
        engine = _engine()
    except Exception as error:  # a build that does not fit this torch fails in any way
        return f'MinkowskiEngine cannot be imported ({error}); {HINT}'
    try:
        right = _computes_right()
    except Exception as error:
        return f'MinkowskiEngine {engine.__version__} failed at a small convolution ({error})'
    return None if right else f'MinkowskiEngine {engine.__version__} computed a small convolution wrong'


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


@cache
def _engine() -> Any:
    for name in ('Sequence', 'Mapping', 'Iterable', 'Callable'):  # it was written when these names lived here, too
        if not hasattr(collections, name):
            setattr(collections, name, getattr(collections.abc, name))
    return import_module('MinkowskiEngine')


def _computes_right() -> bool:
    """Three voxels in a row and a kernel along it, forward and backward."""
    line = torch.tensor([[0, 1, 1, z] for z in range(3)], dtype=torch.int32)
    rows = torch.tensor([[-1, 0, 1], [0, 1, 2], [1, 2, -1]], dtype=torch.int32)
    table = NeighbourTable(rows, 3, geometry=Geometry(line, line, ((0, 0, -1), (0, 0, 0), (0, 0, 1))))
    features, grad = torch.arange(6.0).view(3, 2), torch.arange(9.0).view(3, 3)
    weight = torch.arange(18.0).view(3, 2, 3)
    pairs = (
        (convolve(features, weight, table), torch_native.convolve(features, weight, table)),
        (weight_gradient(features, grad, table), torch_native.weight_gradient(features, grad, table)),
    )
    return all(torch.allclose(theirs, ours) for theirs, ours in pairs)


def _convolve(features: Tensor, weight: Tensor, maps: Maps) -> Tensor:
    engine = _engine()
    rows = features.index_select(0, maps.to_source)
    keys = (maps.source_key, maps.target_key, maps.manager)
    out = engine.MinkowskiConvolutionFunction.apply(rows, weight, maps.kernel, engine.ConvolutionMode.DEFAULT, *keys)
    return out.index_select(0, maps.from_target)


def _maps_of(table: NeighbourTable) -> Maps:
    if table not in _maps:
        if table.geometry is None:
            raise DataError('this neighbour table does not say where its rows lie, which MinkowskiEngine needs; use Level')
        _maps[table] = _build(table.geometry)
    return _maps[table]


def _build(geometry: Geometry) -> Maps:
    engine = _engine()
    device = engine.CoordinateMapType.CUDA if geometry.source.is_cuda else engine.CoordinateMapType.CPU
    manager = engine.CoordinateManager(D=3, coordinate_map_type=device)
    source_key, (to_source, _) = manager.insert_and_map(geometry.source, [1, 1, 1], 'source')
    target_key, (_, from_target) = manager.insert_and_map(geometry.target, [1, 1, 1], 'target')
    kernel = engine.KernelGenerator(kernel_size=3, dimension=3)
    kernel.region_type = engine.RegionType.CUSTOM  # set afterwards: the constructor cannot take more than one offset
    kernel.region_offsets = torch.tensor(geometry.offsets, dtype=torch.int32)
    return Maps(manager, kernel, source_key, target_key, to_source, from_target)
