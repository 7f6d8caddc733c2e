"""Layers on sparse tensors.

Weights are stored as ``weight`` [Cout, kx, ky, kz, Cin], the layout of spconv 2; ``weights.py`` converts others.
"""

import math
from contextlib import suppress
from typing import Any, cast

import torch
from torch import Tensor, nn

from uniseg3d.ops.linear import linear
from uniseg3d.ops.sparse.convolution import sparse_convolution
from uniseg3d.ops.sparse.epilogue import Epilogue, fold, foldable, watched
from uniseg3d.ops.sparse.table import NeighbourTable
from uniseg3d.ops.sparse.tensor import SparseTensor
from uniseg3d.ops.sparse.weights import from_spconv
from uniseg3d.ops.sparse.window import OddPlane, Triple, Window, centred_window, strided_window
from uniseg3d.utils.errors import CheckpointError, ConfigError, DataError

Size = int | Triple


class SparseModule(nn.Module):
    """A layer from sparse tensors to sparse tensors."""

    def __call__(self, tensor: SparseTensor, *args: Any, **kwargs: Any) -> Any:
        _expect_sparse(self, tensor)
        return super().__call__(tensor, *args, **kwargs)


class SparseConvolution(SparseModule):
    """Weight, bias and window; the subclasses say which level the result lives on."""

    def __init__(self, in_channels: int, out_channels: int, window: Window, bias: bool, backend: str | None) -> None:
        super().__init__()
        if any(type(channels) is not int or channels < 1 for channels in (in_channels, out_channels)):
            raise ConfigError(f'a convolution from {in_channels} to {out_channels} channels; expected at least 1 of each')
        self.window = window
        self.backend = backend
        self.weight = nn.Parameter(torch.empty(out_channels, *window.size, in_channels))
        self.bias = nn.Parameter(torch.empty(out_channels)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Uniform within the inverse square root of the number of inputs of one output."""
        bound = 1 / math.sqrt(self.weight[0].numel())
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    @property
    def matrices(self) -> Tensor:
        """The weight as one matrix per kernel offset: a view [K, Cin, Cout]."""
        return self.weight.flatten(1, 3).permute(1, 2, 0)

    def convolve(
        self, features: Tensor, table: NeighbourTable, transposed: NeighbourTable | None, then: Epilogue | None
    ) -> Tensor:
        if then is not None:
            return sparse_convolution(features, self.matrices, table, transposed, self.backend, then.after_bias(self.bias))
        out = sparse_convolution(features, self.matrices, table, transposed, self.backend)
        return out if self.bias is None else out + self.bias

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        """Weights of spconv 1 lie in another layout; their shape tells."""
        name = f'{prefix}weight'
        if name in state_dict and state_dict[name].shape != self.weight.shape:
            with suppress(CheckpointError):  # a shape of neither layout is reported by torch, with all others
                state_dict[name] = from_spconv(state_dict[name], tuple(self.weight.shape), name)
        super()._load_from_state_dict(state_dict, prefix, *args)

    def extra_repr(self) -> str:
        return f'{self.weight.shape[-1]}, {self.weight.shape[0]}, kernel_size={self.window.size}, stride={self.window.stride}'


class SubMConv3d(SparseConvolution):
    """Convolution whose output lives on the voxels of the input.

    ``reinterpret_pointwise`` (kernel size 1 only) reads the memory of the [Cout, 1, 1, 1, Cin] weight as a [Cin, Cout]
    matrix without transposing it, as spconv 2 does: weights trained there need it.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size = 3,
        dilation: Size = 1,
        bias: bool = False,
        reinterpret_pointwise: bool = False,
        backend: str | None = None,
    ) -> None:
        super().__init__(in_channels, out_channels, centred_window(kernel_size, dilation), bias, backend)
        if reinterpret_pointwise and self.window.volume != 1:
            raise ConfigError(f'reinterpret_pointwise is for kernel_size 1, not {kernel_size}')
        self.reinterpret_pointwise = reinterpret_pointwise

    def forward(self, tensor: SparseTensor, then: Epilogue | None = None) -> SparseTensor:
        if self.window.volume == 1:
            out = self._pointwise(tensor.features)
            return tensor.with_features(out if then is None else then(out))
        return tensor.with_features(self.convolve(tensor.features, tensor.level.neighbours(self.window), None, then))

    def _pointwise(self, features: Tensor) -> Tensor:
        out_channels, in_channels = self.weight.shape[0], self.weight.shape[-1]
        if self.reinterpret_pointwise:
            return linear(features, self.weight.view(in_channels, out_channels).t(), self.bias)
        return linear(features, self.weight.view(out_channels, in_channels), self.bias)


class StridedConvolution(SparseConvolution):
    """A convolution between two levels, with the window of the way down.

    ``odd_plane`` says what happens to the last plane that no full window covers: ``keep`` gives its voxels a parent,
    ``drop`` leaves them out, as spconv does.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size = 2,
        stride: Size = 2,
        padding: Size = 0,
        dilation: Size = 1,
        bias: bool = False,
        odd_plane: OddPlane = 'keep',
        backend: str | None = None,
    ) -> None:
        window = strided_window(kernel_size, stride, padding, dilation)
        super().__init__(in_channels, out_channels, window, bias, backend)
        self.odd_plane: OddPlane = odd_plane


class SparseConv3d(StridedConvolution):
    """Convolution onto a new, usually coarser level: every cell that a voxel reaches."""

    def forward(self, tensor: SparseTensor, then: Epilogue | None = None) -> SparseTensor:
        made = tensor.level.strided(self.window, self.odd_plane)
        features = self.convolve(tensor.features, made.down, made.up, then)
        return SparseTensor(features, made.level, (*tensor.finer, tensor.level))


class SparseInverseConv3d(StridedConvolution):
    """The way back of a ``SparseConv3d`` of the same window: onto the voxels that the coarse level was made from.

    This is also MinkowskiEngine's transposed convolution where the finer voxels are known. Voxels without a parent
    (``odd_plane='drop'``) receive zeros.
    """

    def forward(self, tensor: SparseTensor, then: Epilogue | None = None) -> SparseTensor:
        if not tensor.finer:
            raise DataError('an inverse convolution was given a tensor that no strided convolution made')
        finer = tensor.finer[-1]
        made = finer.strided(self.window, self.odd_plane)
        if made.level is not tensor.level:
            raise DataError(
                f'this inverse convolution (kernel {self.window.size}, stride {self.window.stride}, {self.odd_plane} odd '
                'planes) undoes another one than made its input; give both the same window and odd_plane'
            )
        return SparseTensor(self.convolve(tensor.features, made.up, made.down, then), finer, tensor.finer[:-1])


class SparseConvTranspose3d(StridedConvolution):
    """Generative transposed convolution: onto every finer voxel that an input voxel reaches."""

    def forward(self, tensor: SparseTensor, then: Epilogue | None = None) -> SparseTensor:
        made = tensor.level.transposed(self.window)
        return SparseTensor(self.convolve(tensor.features, made.down, made.up, then), made.level)


class SparseSequential(nn.Sequential):
    """Layers in a row; those that know plain tensors only (norms, activations) work on the features.

    In inference a convolution takes the normalisation after it, and the ReLU after that, along.
    """

    def forward(self, tensor: SparseTensor) -> SparseTensor:
        _expect_sparse(self, tensor)
        layers = list(self)
        while layers:
            layer = layers.pop(0)
            if isinstance(layer, SparseConvolution):
                then = None if watched(layer) else _take_epilogue(layers, tensor.features)
                tensor = layer(tensor) if then is None else layer(tensor, then)
            elif isinstance(layer, (SparseModule, SparseSequential)):
                tensor = layer(tensor)
            else:
                tensor = tensor.with_features(layer(tensor.features))
        return tensor


def _expect_sparse(layer: nn.Module, tensor: object) -> None:
    if not isinstance(tensor, SparseTensor):
        raise DataError(
            f'{type(layer).__name__} was given a {type(tensor).__name__}; expected a SparseTensor: wrap features and '
            'coordinates with SparseTensor.from_coords'
        )


def _take_epilogue(layers: list[nn.Module], features: Tensor) -> Epilogue | None:
    """Normalisation and activation at the head of ``layers``, taken off, if a convolution may do them."""
    if not layers or watched(layers[0]) or not foldable(layers[0], features):
        return None
    norm = cast(nn.BatchNorm1d, layers.pop(0))
    relu = bool(layers) and isinstance(layers[0], nn.ReLU) and not watched(layers[0])
    if relu:
        layers.pop(0)
    return fold(norm, relu)
