"""Sparse convolutions: voxels, neighbour tables, engines behind one switch, and layers on top."""

from uniseg3d.ops.sparse.backend import available_backends, use_backend
from uniseg3d.ops.sparse.convolution import sparse_convolution
from uniseg3d.ops.sparse.level import Level
from uniseg3d.ops.sparse.modules import (
    SparseConv3d,
    SparseConvolution,
    SparseConvTranspose3d,
    SparseInverseConv3d,
    SparseModule,
    SparseSequential,
    SubMConv3d,
)
from uniseg3d.ops.sparse.pooling import SparsePool3d
from uniseg3d.ops.sparse.table import NeighbourTable
from uniseg3d.ops.sparse.tensor import SparseTensor
from uniseg3d.ops.sparse.weights import convert_minkowski_state
from uniseg3d.ops.sparse.window import centred_window, strided_window

__all__ = [
    'Level',
    'NeighbourTable',
    'SparseConv3d',
    'SparseConvTranspose3d',
    'SparseConvolution',
    'SparseInverseConv3d',
    'SparseModule',
    'SparsePool3d',
    'SparseSequential',
    'SparseTensor',
    'SubMConv3d',
    'available_backends',
    'centred_window',
    'convert_minkowski_state',
    'sparse_convolution',
    'strided_window',
    'use_backend',
]
