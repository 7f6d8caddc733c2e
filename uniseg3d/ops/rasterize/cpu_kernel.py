"""Blending in C for float32 on CPUs, compiled on first use; a pixel that is opaque costs nothing more."""

import ctypes
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from uniseg3d.ops.rasterize.footprints import Footprints
from uniseg3d.ops.rasterize.rules import Rules
from uniseg3d.ops.sparse.backends.compiler import library_or_reason

SOURCE = Path(__file__).with_name('blend.c')

_POINTER, _LONG, _INT = ctypes.c_void_p, ctypes.c_int64, ctypes.c_int
_SCENE = [*[_POINTER] * 5, *[_LONG] * 4, ctypes.c_float, _INT, _INT]
_SIGNATURES = {'blend_draw': (None, [*_SCENE, *[_POINTER] * 2]), 'blend_pull': (None, [*_SCENE, *[_POINTER] * 6])}


@cache
def _library() -> ctypes.CDLL | str:
    """The compiled kernel, or why there is none."""
    return library_or_reason(SOURCE, _SIGNATURES)


def refuses(means: Tensor) -> str | None:
    """Why it cannot draw tensors like these, or None."""
    if means.device.type != 'cpu' or means.dtype != torch.float32:
        return f'it draws float32 on a CPU, the gaussians are {means.dtype} on {means.device}'
    library = _library()
    return library if isinstance(library, str) else None


def blend(footprints: Footprints, channels: Tensor, rules: Rules) -> Tensor:
    """As ``blending.blend``."""
    return _Blend.apply(
        footprints.pixel, footprints.conic, footprints.opacity, channels, footprints.box, footprints.size, rules
    )


class _Blend(Function):
    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> Tensor:
        *parts, size, rules = inputs
        parts = [part.contiguous() for part in parts]
        clear = torch.ones(size, dtype=torch.float64)
        image = torch.zeros(*size, parts[3].shape[1], dtype=torch.float64)
        _call('blend_draw', parts, size, rules, clear, image)
        ctx.save_for_backward(*parts, image)
        ctx.settings = size, rules
        return image.float()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        *parts, image = ctx.saved_tensors
        size, rules = ctx.settings
        grad = grads[0].contiguous()
        clear, before = torch.ones(size, dtype=torch.float64), torch.zeros(size, dtype=torch.float64)
        total = (grad * image).sum(-1)
        bands = torch.get_num_threads()
        to_shape, to_channels = (torch.zeros(bands, len(parts[3]), width) for width in (6, parts[3].shape[1]))
        _call('blend_pull', parts, size, rules, clear, before, total, grad, to_shape, to_channels)
        shape = to_shape.sum(0)
        return shape[:, :2], shape[:, 2:5], shape[:, 5], to_channels.sum(0), None, None, None


def _call(name: str, parts: list[Tensor], size: tuple[int, int], rules: Rules, *buffers: Tensor) -> None:
    library = _library()
    assert not isinstance(library, str), library  # callers asked refuses() first
    getattr(library, name)(
        *(part.data_ptr() for part in parts),
        *(len(parts[3]), *size, parts[3].shape[1], rules.largest_alpha, rules.clamps_pass_gradients, torch.get_num_threads()),
        *(buffer.data_ptr() for buffer in buffers),
    )
