"""Reductions over segments: rows that share an id. Ids need no order; empty segments give zero.

On a CPU each is one compiled walk over the rows, which reads them once and in order; elsewhere torch's scatter kernels.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd import Function

from uniseg3d.ops.scatter_loops import add_rows, max_rows, share_among_maxima
from uniseg3d.utils.errors import DataError
from uniseg3d.utils.tensor_check import expect_tensor


def segment_sum(values: Tensor, ids: Tensor, count: int) -> Tensor:
    """Sum of ``values`` [N, C] over the rows of each of ``count`` segments, ``ids`` [N] int64: [count, C]."""
    _check(values, ids, count)
    return _Sum.apply(values, ids, count)


def segment_mean(values: Tensor, ids: Tensor, count: int) -> Tensor:
    """Mean of ``values`` [N, C] over the rows of each of ``count`` segments, ``ids`` [N] int64: [count, C]."""
    _check(values, ids, count)
    if not values.is_floating_point():
        raise DataError(f'values are {values.dtype}; a mean needs a floating-point type')
    return _Mean.apply(values, ids, count)


def segment_max(values: Tensor, ids: Tensor, count: int) -> Tensor:
    """Channel-wise maximum of ``values`` [N, C] over each segment: [count, C]. Equal maxima share the gradient."""
    _check(values, ids, count)
    return _Max.apply(values, ids, count)


def thin_segments(ids: Tensor, count: int, limit: int) -> Tensor:
    """Rows that keep at most ``limit`` members of each segment, evenly spaced in their order, grouped by segment."""
    _check(ids[:, None], ids, count)
    order = torch.argsort(ids, stable=True)
    sizes = torch.bincount(ids, minlength=count)  # [count]
    size, start = (per_segment[ids[order]] for per_segment in (sizes, sizes.cumsum(0) - sizes))
    rank = torch.arange(len(ids), device=ids.device) - start
    quota = size.clamp(max=limit)
    steps_up = (rank * quota).div(size, rounding_mode='floor') != ((rank - 1) * quota).div(size, rounding_mode='floor')
    return order[steps_up]


class _Sum(Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, ids: Tensor, count: int) -> Tensor:
        ctx.save_for_backward(ids)
        return _add_up(_widened(values), ids, count).to(values.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        (ids,) = ctx.saved_tensors
        return grad.index_select(0, ids), None, None


class _Mean(Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, ids: Tensor, count: int) -> Tensor:
        wide = _widened(values)
        sums = _add_up(wide, ids, count)
        sizes = torch.bincount(ids, minlength=count).clamp_(min=1).to(wide.dtype)[:, None]
        ctx.save_for_backward(ids, sizes)
        ctx.dtype = values.dtype
        return (sums / sizes).to(values.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        ids, sizes = ctx.saved_tensors
        return (grad / sizes).to(ctx.dtype).index_select(0, ids), None, None


class _Max(Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, ids: Tensor, count: int) -> Tensor:
        result = values.new_zeros(count, values.shape[1])
        if _walks(values):
            max_rows(_array(values), _array(ids), result.numpy())
        else:
            result.scatter_reduce_(0, ids[:, None].expand_as(values), values, 'amax', include_self=False)
        ctx.save_for_backward(values, ids, result)
        return result

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        values, ids, result = ctx.saved_tensors
        if _walks(values):
            to_values = torch.empty_like(values)
            share_among_maxima(*map(_array, (values, ids, result, grad, to_values)))
            return to_values, None, None
        hit = (values == result.index_select(0, ids)).to(grad.dtype)
        share = grad / _add_up(hit, ids, len(result)).clamp(min=1)
        return hit.mul_(share.index_select(0, ids)), None, None


def _walks(values: Tensor) -> bool:
    return values.device.type == 'cpu' and values.dtype in (torch.float32, torch.float64)


def _array(tensor: Tensor) -> np.ndarray:
    """The memory of a tensor; views that flip signs are written out first."""
    return tensor.detach().resolve_neg().numpy()


def _widened(values: Tensor) -> Tensor:
    return values.float() if values.dtype in (torch.float16, torch.bfloat16) else values


def _add_up(values: Tensor, ids: Tensor, count: int) -> Tensor:
    sums = values.new_zeros(count, values.shape[1])
    if _walks(values):
        add_rows(_array(values), _array(ids), sums.numpy())
        return sums
    # an expanded index takes torch's fast path, faster than index_add_
    return sums.scatter_add_(0, ids[:, None].expand_as(values), values)


def _check(values: Tensor, ids: Tensor, count: int) -> None:
    expect_tensor(values, 'values', '[N, C]')
    expect_tensor(ids, 'segment ids', '[N]')
    if not isinstance(count, int):
        raise DataError(f'the number of segments is {count!r}; expected a whole number')
    if values.dim() != 2 or values.dtype == torch.bool or ids.shape != values.shape[:1]:
        kinds = f'{values.dtype} {list(values.shape)} with segment ids {list(ids.shape)}'
        raise DataError(f'values are {kinds}; expected numbers [N, C] with ids [N]')
    if ids.dtype != torch.int64 or ids.device != values.device or count < 0:
        kinds = f'{ids.dtype} on {ids.device} for {count} segments'
        raise DataError(f'segment ids are {kinds}; expected torch.int64 on {values.device} for 0 segments or more')
    if len(ids) and not 0 <= int(ids.min()) <= int(ids.max()) < count:
        raise DataError(f'segment ids run from {int(ids.min())} to {int(ids.max())}; expected 0 to {count - 1}')
