"""The sparse U-Net of SPFormer, OneFormer3D and UniSeg3D, with their parameter names."""

from collections.abc import Sequence

from torch import nn

from uniseg3d.models.layers.sparse_blocks import PreActivationBlock, concat, named_blocks, norm_relu
from uniseg3d.ops.sparse import SparseConv3d, SparseInverseConv3d, SparseSequential, SparseTensor, SubMConv3d
from uniseg3d.ops.sparse.window import OddPlane
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import ConfigError


class UNetLevel(nn.Module):
    """One resolution and everything below it: blocks, down, the level below, up, blocks on both."""

    def __init__(
        self, planes: Sequence[int], blocks: int, eps: float, odd_plane: OddPlane, reinterpret_pointwise: bool
    ) -> None:
        super().__init__()
        here, *below = planes

        def residual(channels: int) -> PreActivationBlock:
            return PreActivationBlock(channels, here, eps, reinterpret_pointwise)

        self.blocks = named_blocks([residual(here) for _ in range(blocks)])
        self.u = None
        if below:
            self.conv = SparseSequential(*norm_relu(here, eps), SparseConv3d(here, below[0], odd_plane=odd_plane))
            self.u = UNetLevel(below, blocks, eps, odd_plane, reinterpret_pointwise)
            self.deconv = SparseSequential(*norm_relu(below[0], eps), SparseInverseConv3d(below[0], here, odd_plane=odd_plane))
            self.blocks_tail = named_blocks([residual(here * (2 if i == 0 else 1)) for i in range(blocks)])

    def pyramid(self, tensor: SparseTensor) -> list[SparseTensor]:
        """Results of this level and of all below, finest first."""
        skip = self.blocks(tensor)
        if self.u is None:
            return [skip]
        below = self.u.pyramid(self.conv(skip))
        return [self.blocks_tail(concat(skip, self.deconv(below[0]))), *below]

    def forward(self, tensor: SparseTensor) -> SparseTensor:
        return self.pyramid(tensor)[0]


@MODELS.register_module()
class SparseUNet(nn.Module):
    """Stem, U-Net and output normalisation: features [V, in_channels] to [V, planes[0]] on the same voxels.

    Checkpoints of SPFormer, OneFormer3D and UniSeg3D need ``odd_plane='drop'`` and ``reinterpret_pointwise=True``, two
    habits of the engine they were trained with. Their ``input_conv``, ``unet`` and ``output_layer`` load as they are,
    whichever of spconv's two weight layouts the file holds.
    """

    def __init__(
        self,
        in_channels: int = 6,
        planes: Sequence[int] = (32, 64, 96, 128, 160),
        blocks: int = 2,
        eps: float = 1e-4,
        odd_plane: OddPlane = 'keep',
        reinterpret_pointwise: bool = False,
    ) -> None:
        super().__init__()
        if not planes or blocks < 1:
            raise ConfigError(f'a U-Net of planes {list(planes)} and {blocks} blocks; expected at least one of each')
        self.input_conv = SparseSequential(SubMConv3d(in_channels, planes[0]))
        self.unet = UNetLevel(planes, blocks, eps, odd_plane, reinterpret_pointwise)
        self.output_layer = SparseSequential(*norm_relu(planes[0], eps))

    def forward(self, tensor: SparseTensor) -> SparseTensor:
        """Voxels run in Morton order inside, where convolutions are faster; the caller's order comes back."""
        ordered, place = tensor.morton_sorted()
        out = self.output_layer(self.unet(self.input_conv(ordered)))
        return tensor.with_features(out.features[place])
