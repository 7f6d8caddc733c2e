"""Plain PyTorch: runs wherever PyTorch does, on any device and floating-point type.

Output rows are computed in blocks: per kernel offset the neighbours are gathered, multiplied and added to the block,
which stays in cache meanwhile. Within one offset no two pairs share an output row, so sums are deterministic.
"""

import torch
from torch import Tensor

from uniseg3d.ops.linear import product_of_rows
from uniseg3d.ops.sparse.table import Block, NeighbourTable

WIDE = 64  # channels above which blocks are smaller, to fit the cache
WIDE_ROWS, ROWS = 4096, 8192


def missing() -> None:
    """PyTorch is always here."""


def refuses(features: Tensor, weight: Tensor) -> None:
    """Any floating-point type will do."""


def convolve(features: Tensor, weight: Tensor, table: NeighbourTable) -> Tensor:
    """See ``Backend.convolve``."""
    features, weight = features.contiguous(), weight.contiguous()
    sums = features.new_zeros(table.target_count, weight.shape[2], dtype=_sum_type(features))
    for block in _blocks(table, features, weight.shape[2]):
        total = sums[block.start : block.stop]
        for k, (source, target) in enumerate(block.pairs):
            if k == table.identity:
                total += product_of_rows(features[block.start : block.stop], weight[k])
            elif len(source):
                part = product_of_rows(features.index_select(0, source), weight[k])
                total.index_add_(0, target, part.to(sums.dtype))
    return sums.to(features.dtype)


def weight_gradient(features: Tensor, grad: Tensor, table: NeighbourTable) -> Tensor:
    """See ``Backend.weight_gradient``."""
    sums = features.new_zeros(table.volume, features.shape[1], grad.shape[1], dtype=_sum_type(features))
    for block in _blocks(table, features, grad.shape[1]):
        grads = grad[block.start : block.stop]
        for k, (source, target) in enumerate(block.pairs):
            if k == table.identity:
                _add_product(sums[k], features[block.start : block.stop].t(), grads)
            elif len(source):
                _add_product(sums[k], features.index_select(0, source).t(), grads.index_select(0, target))
    return sums.to(features.dtype)


def _blocks(table: NeighbourTable, features: Tensor, out_channels: int) -> list[Block]:
    if features.device.type != 'cpu':
        return table.blocks(max(table.target_count, 1))
    return table.blocks(WIDE_ROWS if max(features.shape[1], out_channels) > WIDE else ROWS)


def _sum_type(features: Tensor) -> torch.dtype:
    """Half types are summed in float32."""
    return torch.promote_types(features.dtype, torch.float32)


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    if total.dtype == left.dtype:
        total.addmm_(left, right)
    else:
        total += left @ right
