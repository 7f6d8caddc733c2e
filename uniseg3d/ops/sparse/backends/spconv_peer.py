"""spconv, where it is installed: a peer to compare with. On a CPU it is right with one thread only."""

from functools import cache
from types import ModuleType

import torch
from torch import Tensor

from uniseg3d.ops.sparse.table import NeighbourTable
from uniseg3d.utils.errors import MissingPackageError
from uniseg3d.utils.optional import import_optional


@cache
def _ops() -> ModuleType | str:
    try:
        ops = import_optional('spconv.pytorch.ops', 'cuda')
    except MissingPackageError as error:
        return str(error)
    if not torch.cuda.is_available():
        vars(ops)['get_current_stream'] = lambda: 0  # it asks for a CUDA stream even on a CPU, where none is used
    return ops


def missing() -> str | None:
    """Why this machine cannot run it, or None."""
    ops = _ops()
    return ops if isinstance(ops, str) else None


def refuses(features: Tensor, weight: Tensor) -> str | None:
    """Why it cannot compute on tensors like these, or None."""
    if features.device.type == 'cpu' and torch.get_num_threads() > 1:
        return 'its results on a CPU are wrong with more than one thread; call torch.set_num_threads(1)'
    if features.device.type == 'cpu' and features.dtype != torch.float32:
        return f'on a CPU it computes in float32, the features are {features.dtype}'
    return None


def convolve(features: Tensor, weight: Tensor, table: NeighbourTable) -> Tensor:
    """See ``Backend.convolve``."""
    pairs, counts = _padded_pairs(table)
    if not pairs.shape[2]:  # no pair at all, which it asserts against
        return features.new_zeros(table.target_count, weight.shape[2])
    filters = weight.permute(2, 0, 1)[:, :, None, None].contiguous()  # [Cout, K, 1, 1, Cin]
    call = _call('indice_conv')
    return call(features.contiguous(), filters, pairs, counts, table.target_count, False, False, _native())


def weight_gradient(features: Tensor, grad: Tensor, table: NeighbourTable) -> Tensor:
    """See ``Backend.weight_gradient``."""
    pairs, counts = _padded_pairs(table)
    filters = features.new_zeros(grad.shape[1], table.volume, 1, 1, features.shape[1])
    if not pairs.shape[2]:
        return filters.flatten(1, 3).permute(1, 2, 0)
    call = _call('indice_conv_backward')
    _, to_filters = call(features.contiguous(), filters, grad.contiguous(), pairs, counts, False, False, _native())
    return to_filters.flatten(1, 3).permute(1, 2, 0)


def _padded_pairs(table: NeighbourTable) -> tuple[Tensor, Tensor]:
    """spconv's own form: (input, output) rows [2, K, most], filled up with -1, and how many each offset has."""
    counts = [len(pairs.source) for pairs in table.pairs]
    padded = table.rows.new_full((2, table.volume, max(counts)), -1)
    for k, pairs in enumerate(table.pairs):
        padded[0, k, : counts[k]] = pairs.source
        padded[1, k, : counts[k]] = pairs.target
    return padded, torch.tensor(counts, dtype=torch.int32, device=table.rows.device)


def _call(name: str):  # type: ignore[no-untyped-def]
    return getattr(_ops(), name)


def _native():  # type: ignore[no-untyped-def]
    return import_optional('spconv.core', 'cuda').ConvAlgo.Native
