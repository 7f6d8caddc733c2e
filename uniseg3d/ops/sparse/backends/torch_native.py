"""Plain PyTorch: runs wherever PyTorch does, on any device and floating-point type.

Output rows are computed in blocks: per kernel offset the neighbours are gathered and multiplied. Few channels: the products
of all offsets are summed by output row at once. Many: each offset's products are added while they are in cache. Within one
offset no two pairs share an output row, so sums are deterministic.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from uniseg3d.ops.linear import product_of_rows, round_up_rows, shapes_cost
from uniseg3d.ops.sparse.table import Block, NeighbourTable

WIDE = 64  # channels above which adding row by row costs less than keeping the products of all offsets
WIDE_ROWS, ROWS = 4096, 8192  # of a block, to fit the cache of a CPU
GPU_ROWS = 2**17  # to bound the memory of the products


def missing() -> None:
    """PyTorch is always here."""


def refuses(features: Tensor, weight: Tensor) -> None:
    """Any floating-point type will do."""


def convolve(features: Tensor, weight: Tensor, table: NeighbourTable) -> Tensor:
    """See ``Backend.convolve``."""
    features, matrices = features.contiguous(), weight.contiguous().unbind(0)
    sums = features.new_empty(table.target_count, weight.shape[2], dtype=_sum_type(features))
    add = _add_each if weight.shape[2] > WIDE else _add_at_once
    for block in _blocks(table, features, weight.shape[2]):
        add(sums[block.start : block.stop], features, matrices, block, table.identity)
    return sums.to(features.dtype)


def weight_gradient(features: Tensor, grad: Tensor, table: NeighbourTable) -> Tensor:
    """See ``Backend.weight_gradient``."""
    sums = features.new_zeros(table.volume, features.shape[1], grad.shape[1], dtype=_sum_type(features))
    for block in _blocks(table, features, grad.shape[1]):
        left, right = (t.new_empty(max(block.counts), t.shape[1]) for t in (features, grad))
        grads = grad[block.start : block.stop]
        for k, (source, target) in enumerate(block.pairs):
            if k == table.identity:
                _add_product(sums[k], features[block.start : block.stop], grads)
            elif len(source):
                _add_product(sums[k], _gather(features, source, left), _gather(grads, target, right))
    return sums.to(features.dtype)


def _add_at_once(total: Tensor, features: Tensor, matrices: Sequence[Tensor], block: Block, identity: int | None) -> None:
    gathered = features.new_empty(max(block.counts), features.shape[1])
    products = features.new_empty(len(block), total.shape[1])
    parts = products.split(block.counts)
    for k, (source, matrix, part) in enumerate(zip(block.sources, matrices, parts, strict=True)):
        if k == identity:
            product_of_rows(features[block.start : block.stop], matrix, part)
        elif len(source):
            product_of_rows(_gather(features, source, gathered), matrix, part)
    pairs, first = block.by_target
    total.copy_(F.embedding_bag(pairs, products, first, mode='sum'))


def _add_each(total: Tensor, features: Tensor, matrices: Sequence[Tensor], block: Block, identity: int | None) -> None:
    gathered, products = (features.new_empty(max(block.counts), columns) for columns in matrices[0].shape)
    total.zero_()
    for k, ((source, target), matrix) in enumerate(zip(block.pairs, matrices, strict=True)):
        if k == identity:
            total += product_of_rows(features[block.start : block.stop], matrix)
        elif len(source):
            part = product_of_rows(_gather(features, source, gathered), matrix, products[: len(source)])
            total.index_add_(0, target, part.to(total.dtype))


def _blocks(table: NeighbourTable, features: Tensor, out_channels: int) -> list[Block]:
    if features.device.type != 'cpu':
        return table.blocks(GPU_ROWS)
    return table.blocks(WIDE_ROWS if max(features.shape[1], out_channels) > WIDE else ROWS)


def _gather(features: Tensor, index: Tensor, scratch: Tensor) -> Tensor:
    return torch.index_select(features, 0, index, out=scratch[: len(index)])


def _sum_type(features: Tensor) -> torch.dtype:
    """Half types are summed in float32."""
    return torch.promote_types(features.dtype, torch.float32)


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """total [k, m] += left [n, k]^T @ right [n, m]."""
    if total.dtype == left.dtype:
        total.addmm_(left.t(), right)
    elif shapes_cost(left):
        total += round_up_rows(left).t() @ round_up_rows(right)
    else:
        total += left.t() @ right
