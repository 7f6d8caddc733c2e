"""spconv's own layers, where the package is installed. On a CPU it is right with one thread only."""

from collections import OrderedDict
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor, nn

EPS = 1e-4


def spconv_ready(threads: int, device: str) -> bool:
    """Whether spconv can be timed."""
    return find_spec('spconv') is not None and (threads == 1 or device == 'cuda')


def load_spconv() -> Any:
    """``spconv.pytorch``; its backward pass asks for a CUDA stream even on builds without CUDA, so that is answered here."""
    spconv = import_module('spconv.pytorch')
    if not torch.cuda.is_available():
        for name in ('functional', 'ops'):
            module = import_module(f'spconv.pytorch.{name}')
            if hasattr(module, 'get_current_stream'):
                module.get_current_stream = lambda: 0
    return spconv


def index_pairs(coords: Tensor, shape: list[int], kernel: int, stride: int, submanifold: bool) -> object:
    """spconv's index build from coordinates [V, 4]: pairs of rows by kernel offset."""
    ops = import_module('spconv.pytorch.ops')
    native = load_spconv().ConvAlgo.Native
    padding = kernel // 2 if submanifold else 0
    sizes = ([value] * 3 for value in (kernel, stride, padding, 1, 0))
    return ops.get_indice_pairs(coords, 1, shape, native, *sizes, submanifold)


def spconv_unet(planes: Sequence[int], in_channels: int = 6) -> nn.Module:
    """The sparse U-Net of ``SparseUNet`` in spconv's layers, with the same parameter names."""
    sp = load_spconv()
    classes = _unet_classes(sp)
    net = nn.Module()
    net.input_conv = sp.SparseSequential(sp.SubMConv3d(in_channels, planes[0], 3, padding=1, bias=False, indice_key='subm1'))
    net.unet = classes(list(planes), 1)
    net.output_layer = sp.SparseSequential(nn.BatchNorm1d(planes[0], eps=EPS), nn.ReLU())
    net.forward = lambda tensor: net.output_layer(net.unet(net.input_conv(tensor)))
    return net


def _unet_classes(sp: Any) -> Any:
    """Classes are made on demand: their base comes from a package that may be missing."""

    class Residual(sp.SparseModule):
        def __init__(self, channels: int, out: int, key: str) -> None:
            super().__init__()
            shortcut = nn.Identity() if channels == out else sp.SubMConv3d(channels, out, 1, bias=False)
            self.i_branch = sp.SparseSequential(shortcut)
            first, second = (
                (nn.BatchNorm1d(c, eps=EPS), nn.ReLU(), sp.SubMConv3d(c, out, 3, padding=1, bias=False, indice_key=key))
                for c in (channels, out)
            )
            self.conv_branch = sp.SparseSequential(*first, *second)

        def forward(self, tensor: Any) -> Any:
            bare = sp.SparseConvTensor(tensor.features, tensor.indices, tensor.spatial_shape, tensor.batch_size)
            result = self.conv_branch(tensor)
            return result.replace_feature(result.features + self.i_branch(bare).features)

    class Level(nn.Module):
        def __init__(self, planes: list[int], depth: int) -> None:
            super().__init__()
            here, below, key = planes[0], planes[1:], f'subm{depth}'
            self.blocks = _blocks([Residual(here, here, key) for _ in range(2)])
            self.u = Level(below, depth + 1) if below else None
            if below:
                down = sp.SparseConv3d(here, below[0], 2, 2, bias=False, indice_key=f'down{depth}')
                up = sp.SparseInverseConv3d(below[0], here, 2, bias=False, indice_key=f'down{depth}')
                self.conv = sp.SparseSequential(nn.BatchNorm1d(here, eps=EPS), nn.ReLU(), down)
                self.deconv = sp.SparseSequential(nn.BatchNorm1d(below[0], eps=EPS), nn.ReLU(), up)
                self.blocks_tail = _blocks([Residual(here * (2 - i), here, key) for i in range(2)])

        def forward(self, tensor: Any) -> Any:
            skip = self.blocks(tensor)
            if self.u is None:
                return skip
            up = self.deconv(self.u(self.conv(skip)))
            return self.blocks_tail(up.replace_feature(torch.cat([skip.features, up.features], 1)))

    def _blocks(blocks: list[Residual]) -> Any:
        return sp.SparseSequential(OrderedDict((f'block{i}', block) for i, block in enumerate(blocks)))

    return Level
