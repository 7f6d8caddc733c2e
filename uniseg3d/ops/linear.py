"""Dense products on the fastest exact path of this machine.

PyTorch's default float32 product leaves half of some processors idle, while another library in the same wheel does not.
Which one is faster is measured once per process, not guessed from the vendor's name; both compute in float32.
"""

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from uniseg3d.ops.autocast import autocasts
from uniseg3d.utils.errors import DataError

Product = Callable[[Tensor, Tensor], Tensor]
TRIAL = ((1024, 864, 32), (4096, 64, 64), (512, 512, 512))  # rows, inner size, columns: tall products and a square one
CLEARLY_FASTER = 0.75  # of the default's time; smaller gains are eaten by the preparation of shapes
ROWS_STEP = 256


def product_of_rows(rows: Tensor, matrix: Tensor, out: Tensor | None = None) -> Tensor:
    """rows [n, k] @ matrix [k, m] for any n, without gradients; written into ``out`` [n, m] where that is given."""
    if not shapes_cost(rows):
        return torch.mm(rows, matrix, out=out)
    product = (_onednn_product if rows.dtype == torch.float32 else torch.mm)(round_up_rows(rows), matrix)[: len(rows)]
    return product if out is None else out.copy_(product)


def shapes_cost(rows: Tensor) -> bool:
    """Whether products of such rows run in a library that prepares every new shape for half a millisecond."""
    if rows.device.type != 'cpu' or rows.dtype == torch.float64:
        return False
    return rows.dtype != torch.float32 or product_path() == 'onednn'


def round_up_rows(rows: Tensor) -> Tensor:
    """rows [n, k] followed by zeros, so that numbers of rows are few different ones."""
    missing = -len(rows) % ROWS_STEP
    return F.pad(rows, (0, 0, 0, missing)) if missing else rows


def linear(inputs: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """inputs [..., k] @ weight [m, k]^T + bias [m], with gradients; ``F.linear`` on the faster path."""
    autocast = autocasts(inputs)
    _check(inputs, weight, bias, autocast)
    float32_on_cpu = inputs.device.type == 'cpu' and inputs.dtype == torch.float32
    if not float32_on_cpu or autocast or 0 in (inputs.numel(), weight.numel()) or product_path() == 'default':
        return F.linear(inputs, weight, bias)
    return _OneDNNLinear.apply(inputs, weight, bias)


def _check(inputs: Tensor, weight: Tensor, bias: Tensor | None, autocast: bool) -> None:
    if weight.dim() != 2 or inputs.dim() < 1 or inputs.shape[-1] != weight.shape[1]:
        shapes = f'inputs have shape {list(inputs.shape)}; a weight of shape {list(weight.shape)}'
        raise DataError(f'{shapes} expects {weight.shape[-1]} channels, and weights are [m, k]')
    if bias is not None and bias.shape != weight.shape[:1]:
        raise DataError(f'the bias has shape {list(bias.shape)}; expected [{len(weight)}], one for each row of the weight')
    if inputs.dtype != weight.dtype and not autocast:
        raise DataError(f'inputs are {inputs.dtype} and the weight is {weight.dtype}; expected one type, or autocast')
    if inputs.device != weight.device:
        raise DataError(f'inputs are on {inputs.device} and the weight is on {weight.device}; move them to one device')


@cache
def product_path() -> str:
    """``onednn`` where that library multiplies clearly faster than the default, else ``default``; takes 20 ms once."""
    pairs = [(torch.ones(rows, inner), torch.ones(inner, columns)) for rows, inner, columns in TRIAL]
    try:
        ours = sum(_best_time(_onednn_product, *pair) for pair in pairs)
    except (AttributeError, RuntimeError):  # a private operator: absent or changed in some builds
        return 'default'
    return 'onednn' if ours < CLEARLY_FASTER * sum(_best_time(torch.mm, *pair) for pair in pairs) else 'default'


def _best_time(product: Product, left: Tensor, right: Tensor) -> float:
    times = []
    for _ in range(5):  # the first call prepares the shape
        start = time.process_time()
        product(left, right)
        times.append(time.process_time() - start)
    return min(times)


def _onednn_product(left: Tensor, right: Tensor) -> Tensor:
    return torch.ops.mkldnn._linear_pointwise(left, right.t(), None, 'none', [], '')


class _OneDNNLinear(torch.autograd.Function):
    """The private operator has no gradient of its own."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(inputs, weight)
        ctx.has_bias = bias is not None
        return torch.ops.mkldnn._linear_pointwise(inputs, weight, bias, 'none', [], '')

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        inputs, weight = ctx.saved_tensors
        rows = grad.reshape(-1, len(weight))  # [n, m]
        to_inputs = _onednn_product(rows, weight).view(inputs.shape) if ctx.needs_input_grad[0] else None
        to_weight = rows.t() @ inputs.reshape(-1, inputs.shape[-1]) if ctx.needs_input_grad[1] else None
        return to_inputs, to_weight, rows.sum(0) if ctx.has_bias and ctx.needs_input_grad[2] else None
