"""Pooling over the voxels that are there."""

from torch import Tensor

from uniseg3d.ops.sparse.modules import Size, SparseModule
from uniseg3d.ops.sparse.table import NeighbourTable
from uniseg3d.ops.sparse.tensor import SparseTensor
from uniseg3d.ops.sparse.window import OddPlane, strided_window
from uniseg3d.utils.errors import ConfigError


def sparse_mean(features: Tensor, table: NeighbourTable) -> Tensor:
    """Mean of the input rows that meet each output row: [n_in, C] to [n_out, C]."""
    sums = features.new_zeros(table.target_count, features.shape[1])
    for pairs in table.pairs:  # plain autograd is fine: windows hardly overlap, so little is kept
        sums = sums.index_add(0, pairs.target, features.index_select(0, pairs.source))
    counts = (table.rows >= 0).sum(0).clamp_(min=1)
    return sums / counts.to(features.dtype)[:, None]


def sparse_max(features: Tensor, table: NeighbourTable) -> Tensor:
    """Largest of the input rows that meet each output row; the gradient goes to it (shared among equals)."""
    best = features.new_full((table.target_count, features.shape[1]), float('-inf'))
    for pairs in table.pairs:
        index = pairs.target[:, None].expand(-1, features.shape[1])
        best = best.scatter_reduce(0, index, features.index_select(0, pairs.source), 'amax')
    return best


REDUCE = {'mean': sparse_mean, 'max': sparse_max}


class SparsePool3d(SparseModule):
    """``mean`` or ``max`` over the voxels present in each window."""

    def __init__(
        self, kind: str, kernel_size: Size = 2, stride: Size = 2, padding: Size = 0, odd_plane: OddPlane = 'keep'
    ) -> None:
        super().__init__()
        if kind not in REDUCE:
            raise ConfigError(f'pooling kind is {kind!r}; expected mean or max')
        self.kind = kind
        self.window = strided_window(kernel_size, stride, padding)
        self.odd_plane: OddPlane = odd_plane

    def forward(self, tensor: SparseTensor) -> SparseTensor:
        made = tensor.level.strided(self.window, self.odd_plane)
        return SparseTensor(REDUCE[self.kind](tensor.features, made.down), made.level, (*tensor.finer, tensor.level))

    def extra_repr(self) -> str:
        return f'{self.kind}, kernel_size={self.window.size}, stride={self.window.stride}'
