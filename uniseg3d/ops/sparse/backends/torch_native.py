"""Plain PyTorch: runs wherever PyTorch does, on any device and floating-point type."""

from collections.abc import Iterator

import torch
from torch import Tensor

from uniseg3d.ops.linear import fast_product
from uniseg3d.ops.sparse.table import NeighbourTable

ROWS = (4096, 1024)  # few chunk sizes: the fast dense product prepares every new shape at a cost
NARROW = 32  # channels up to which one product over all offsets beats one product per offset
MANY = 4096  # voxels from which that holds
DENSE = 0.2  # share of present neighbours below which it computes too much for nothing
IMPLICIT_ROWS = 512


def missing() -> None:
    """PyTorch is always here."""


def refuses(features: Tensor, weight: Tensor) -> None:
    """Any floating-point type will do."""


def convolve(features: Tensor, weight: Tensor, table: NeighbourTable) -> Tensor:
    """See ``Backend.convolve``."""
    narrow = max(weight.shape[1:]) <= NARROW and table.target_count >= MANY and features.device.type == 'cpu'
    if narrow and table.fill >= DENSE:
        return _one_product(features, weight, table)
    return _product_per_offset(features, weight, table)


def weight_gradient(features: Tensor, grad: Tensor, table: NeighbourTable) -> Tensor:
    """See ``Backend.weight_gradient``."""
    sums = features.new_zeros(table.volume, features.shape[1], grad.shape[1], dtype=_sum_type(features))
    for k, pairs in enumerate(table.pairs):
        for start, size, _ in _chunks(len(pairs.source), features.device):
            if pairs.identity:
                left, right = features[start : start + size], grad[start : start + size]
            else:
                left = features.index_select(0, pairs.source[start : start + size])
                right = grad.index_select(0, pairs.target[start : start + size])
            _add_product(sums[k], left.t(), right)
    return sums.to(features.dtype)


def _one_product(features: Tensor, weight: Tensor, table: NeighbourTable) -> Tensor:
    """Chunks of rows with all their neighbours side by side (absent ones read a row of zeros): one product per chunk."""
    padded = torch.cat([features, features.new_zeros(1, features.shape[1])])
    matrix = weight.reshape(-1, weight.shape[2])  # [K Cin, Cout]
    out = features.new_empty(table.target_count, weight.shape[2])
    for start in range(0, table.target_count, IMPLICIT_ROWS):
        rows = table.rows[:, start : start + IMPLICIT_ROWS].t()
        rows = torch.where(rows < 0, len(features), rows).flatten()
        patch = padded.index_select(0, rows).view(-1, matrix.shape[0])
        product = fast_product if len(patch) == IMPLICIT_ROWS else torch.mm
        out[start : start + IMPLICIT_ROWS] = product(patch, matrix)
    return out


def _product_per_offset(features: Tensor, weight: Tensor, table: NeighbourTable) -> Tensor:
    """Gather, multiply, add: within one offset no two pairs share an output row, so the sum is deterministic."""
    weight = weight.contiguous()
    sums = features.new_zeros(table.target_count, weight.shape[2], dtype=_sum_type(features))
    for k, pairs in enumerate(table.pairs):
        for start, size, fixed in _chunks(len(pairs.source), features.device):
            product = fast_product if fixed else torch.mm
            if pairs.identity:
                sums[start : start + size] += product(features[start : start + size], weight[k])
                continue
            part = product(features.index_select(0, pairs.source[start : start + size]), weight[k])
            sums.index_add_(0, pairs.target[start : start + size], part.to(sums.dtype))
    return sums.to(features.dtype)


def _chunks(count: int, device: torch.device) -> Iterator[tuple[int, int, bool]]:
    """(start, size, whether the size is one of the few fixed ones) that cover ``count`` rows."""
    start = 0
    for size in ROWS if device.type == 'cpu' else ():
        while count - start >= size:
            yield start, size, True
            start += size
    if start < count:
        yield start, count - start, False


def _sum_type(features: Tensor) -> torch.dtype:
    """Half types are summed in float32."""
    return torch.promote_types(features.dtype, torch.float32)


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    if total.dtype == left.dtype:
        total.addmm_(left, right)
    else:
        total += left @ right
