"""Residual blocks of sparse U-Nets."""

from collections import OrderedDict

import torch
from torch import Tensor, nn

from uniseg3d.ops.sparse import SparseModule, SparseSequential, SparseTensor, SubMConv3d
from uniseg3d.ops.sparse.epilogue import fold, foldable
from uniseg3d.utils.errors import DataError


class VoxelNorm(nn.BatchNorm1d):
    """Batch normalisation over voxels."""

    def forward(self, features: Tensor) -> Tensor:
        """[V, C] to [V, C]."""
        if self.training and len(features) == 1:
            raise DataError(
                'only one voxel is left at some level of the network, so batch statistics do not exist; '
                'train on larger or denser scenes, or with more of them in a batch'
            )
        return fold(self)(features) if foldable(self, features) else super().forward(features)


def norm_relu(channels: int, eps: float) -> list[nn.Module]:
    """Normalisation and activation, the second in place of the first's output."""
    return [VoxelNorm(channels, eps=eps), nn.ReLU(inplace=True)]


def concat(first: SparseTensor, second: SparseTensor) -> SparseTensor:
    """Channels of two tensors on the same voxels, side by side."""
    return second.with_features(torch.cat([first.features, second.features], 1))


def add_to(result: Tensor, shortcut: Tensor) -> Tensor:
    """Their sum, in the memory of ``result`` where types allow: nobody else reads what a branch just made."""
    return result.add_(shortcut) if result.dtype == shortcut.dtype else result + shortcut


class PreActivationBlock(SparseModule):
    """x + conv(relu(norm(conv(relu(norm(x)))))), the residual block of SPFormer and its descendants."""

    def __init__(self, in_channels: int, out_channels: int, eps: float = 1e-4, reinterpret_pointwise: bool = False) -> None:
        super().__init__()
        self.conv_branch = SparseSequential(
            *norm_relu(in_channels, eps),
            SubMConv3d(in_channels, out_channels),
            *norm_relu(out_channels, eps),
            SubMConv3d(out_channels, out_channels),
        )
        pointwise = SubMConv3d(in_channels, out_channels, 1, reinterpret_pointwise=reinterpret_pointwise)
        self.i_branch = SparseSequential(nn.Identity() if in_channels == out_channels else pointwise)

    def forward(self, tensor: SparseTensor) -> SparseTensor:
        out = self.conv_branch(tensor)
        return out.with_features(add_to(out.features, self.i_branch(tensor).features))


class BasicBlock(SparseModule):
    """relu(shortcut(x) + norm(conv(relu(norm(conv(x)))))), the residual block of ResNet-18 and -34."""

    def __init__(self, in_channels: int, out_channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.branch = SparseSequential(
            SubMConv3d(in_channels, out_channels),
            *norm_relu(out_channels, eps),
            SubMConv3d(out_channels, out_channels),
            VoxelNorm(out_channels, eps=eps),
        )
        same = in_channels == out_channels
        projection = [SubMConv3d(in_channels, out_channels, 1), VoxelNorm(out_channels, eps=eps)]
        self.shortcut = SparseSequential(*([] if same else projection))

    def forward(self, tensor: SparseTensor) -> SparseTensor:
        out = self.branch(tensor)
        return out.with_features(torch.relu_(add_to(out.features, self.shortcut(tensor).features)))


def named_blocks(blocks: list[nn.Module]) -> SparseSequential:
    """Blocks in a row, named block0, block1, ..."""
    return SparseSequential(OrderedDict((f'block{i}', block) for i, block in enumerate(blocks)))
