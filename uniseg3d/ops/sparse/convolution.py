"""Sparse convolution as one function of features, weights and a neighbour table."""

from typing import Any

import torch
from torch import Tensor

from uniseg3d.ops.autocast import autocasts
from uniseg3d.ops.sparse.backend import Backend, select_backend
from uniseg3d.ops.sparse.epilogue import Epilogue
from uniseg3d.ops.sparse.table import NeighbourTable
from uniseg3d.utils.errors import DataError
from uniseg3d.utils.tensor_check import expect_tensor


def sparse_convolution(
    features: Tensor,
    weight: Tensor,
    table: NeighbourTable,
    transposed: NeighbourTable | None = None,
    backend: str | None = None,
    then: Epilogue | None = None,
) -> Tensor:
    """out[o] = sum_k features[table[k, o]] @ weight[k]: [n_in, Cin] and [K, Cin, Cout] to [n_out, Cout].

    ``transposed`` is ``table.transpose()``, which the gradient reads; None says that the table is its own transpose with
    the offsets in reverse order, as for sub-manifold convolutions. ``backend`` overrides the choice for this call.
    ``then`` is for inference: no gradient flows through it where an engine fuses it.
    """
    expect_tensor(features, 'features', '[V, Cin]')
    expect_tensor(weight, 'weights', '[K, Cin, Cout]')
    if autocasts(features):
        kind = torch.get_autocast_dtype(features.device.type)
        features, weight = features.to(kind), weight.to(kind)
    _check(features, weight, table, transposed)
    features, weight = features.resolve_neg(), weight.resolve_neg()  # engines read memory, not what a view says of it
    engine = select_backend(features, weight, backend)
    if then is None:
        return _SparseConvolution.apply(features, weight, table, transposed, engine)
    fused = getattr(engine, 'convolve_then', None)
    if fused is None or table.empty:
        return then(_SparseConvolution.apply(features, weight, table, transposed, engine))
    return fused(features, weight, table, then)


def _check(features: Tensor, weight: Tensor, table: NeighbourTable, transposed: NeighbourTable | None) -> None:
    if weight.dim() != 3 or weight.shape[0] != table.volume or 0 in weight.shape:
        raise DataError(f'the weight has shape {list(weight.shape)}; expected [{table.volume}, Cin, Cout], none of them 0')
    expected = (table.source_count, weight.shape[1])
    if tuple(features.shape) != expected:
        raise DataError(f'features have shape {list(features.shape)}; the table and the weight expect {list(expected)}')
    if features.dtype != weight.dtype or not features.is_floating_point():
        raise DataError(f'features are {features.dtype} and the weight is {weight.dtype}; expected one floating-point type')
    if not features.device == weight.device == table.rows.device:
        raise DataError(
            f'features are on {features.device}, the weight on {weight.device}, the table on {table.rows.device}; '
            'move them to one device'
        )
    if transposed is None and table.source_count != table.target_count:
        raise DataError('a table between two different levels needs its transpose; pass transposed=table.transpose()')
    if transposed is not None and (transposed.target_count, transposed.source_count) != (
        table.source_count,
        table.target_count,
    ):
        raise DataError('the transposed table is not of the same two levels; pass transposed=table.transpose()')


class _SparseConvolution(torch.autograd.Function):
    """Saves inputs and weights only: gathering again costs less than keeping 27 copies of the features."""

    @staticmethod
    def forward(
        ctx: Any,
        features: Tensor,
        weight: Tensor,
        table: NeighbourTable,
        transposed: NeighbourTable | None,
        backend: Backend,
    ) -> Tensor:
        ctx.save_for_backward(features, weight)
        ctx.table, ctx.transposed, ctx.backend = table, transposed, backend
        if table.empty:  # engines need not know this case
            return features.new_zeros(table.target_count, weight.shape[2])
        return backend.convolve(features, weight, table)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        features, weight = ctx.saved_tensors
        grad = grad.resolve_neg()
        if ctx.table.empty:
            return torch.zeros_like(features), torch.zeros_like(weight), None, None, None
        to_features, to_weight = None, None
        if ctx.needs_input_grad[0]:
            back = weight.flip(0) if ctx.transposed is None else weight
            to_features = ctx.backend.convolve(grad, back.transpose(1, 2), ctx.transposed or ctx.table)
        if ctx.needs_input_grad[1]:
            to_weight = ctx.backend.weight_gradient(features, grad, ctx.table)
        return to_features, to_weight, None, None, None
