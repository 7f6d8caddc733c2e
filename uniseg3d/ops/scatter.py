"""Reductions over segments: rows that share an id. Ids need no order; empty segments give zero."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function


def segment_mean(values: Tensor, ids: Tensor, count: int) -> Tensor:
    """Mean of ``values`` [N, C] over the rows of each of ``count`` segments, ``ids`` [N] int64: [count, C]."""
    return _Mean.apply(values, ids, count)


def segment_max(values: Tensor, ids: Tensor, count: int) -> Tensor:
    """Channel-wise maximum of ``values`` [N, C] over each segment: [count, C]. Equal maxima share the gradient."""
    return _Max.apply(values, ids, count)


def thin_segments(ids: Tensor, count: int, limit: int) -> Tensor:
    """Rows that keep at most ``limit`` members of each segment, evenly spaced in their order, grouped by segment."""
    order = torch.argsort(ids, stable=True)
    sizes = torch.bincount(ids, minlength=count)  # [count]
    size, start = (per_segment[ids[order]] for per_segment in (sizes, sizes.cumsum(0) - sizes))
    rank = torch.arange(len(ids), device=ids.device) - start
    quota = size.clamp(max=limit)
    steps_up = (rank * quota).div(size, rounding_mode='floor') != ((rank - 1) * quota).div(size, rounding_mode='floor')
    return order[steps_up]


def _add_up(values: Tensor, ids: Tensor, count: int) -> Tensor:
    # an expanded index takes torch's fast path, faster than index_add_
    index = ids[:, None].expand_as(values)
    return values.new_zeros(count, values.shape[1]).scatter_add_(0, index, values)


class _Mean(Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, ids: Tensor, count: int) -> Tensor:
        sizes = torch.bincount(ids, minlength=count).clamp(min=1)[:, None]
        ctx.save_for_backward(ids, sizes)
        ctx.dtype = values.dtype
        wide = values.float() if values.dtype in (torch.float16, torch.bfloat16) else values
        return (_add_up(wide, ids, count) / sizes).to(values.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        ids, sizes = ctx.saved_tensors
        return (grad / sizes).to(ctx.dtype).index_select(0, ids), None, None


class _Max(Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, ids: Tensor, count: int) -> Tensor:
        index = ids[:, None].expand_as(values)
        result = values.new_zeros(count, values.shape[1]).scatter_reduce_(0, index, values, 'amax', include_self=False)
        ctx.save_for_backward(values, ids, result)
        return result

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        values, ids, result = ctx.saved_tensors
        hit = (values == result.index_select(0, ids)).to(grad.dtype)
        share = grad / _add_up(hit, ids, len(result)).clamp(min=1)
        return hit.mul_(share.index_select(0, ids)), None, None
