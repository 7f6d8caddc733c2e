"""Features of superpoints from a sparse U-Net over voxels: points -> voxels -> U-Net -> points -> superpoints."""

from typing import Any

from torch import Tensor, nn

from uniseg3d.geometry.voxelize import Voxels, voxelize
from uniseg3d.models.layers.build import as_module
from uniseg3d.ops.scatter import segment_mean
from uniseg3d.ops.sparse import SparseTensor
from uniseg3d.registry import MODELS
from uniseg3d.structures import SceneBatch


@MODELS.register_module()
class SuperpointUNet(nn.Module):
    """Voxelise, run ``unet``, and average its features over the points of each superpoint.

    Args:
        unet: SparseTensor to SparseTensor on the same voxels.
        dim: channels that ``unet`` returns.
        voxel_size: metres.
        min_spatial_shape: voxels along each axis that the grid has at least; UniSeg3D's checkpoints expect 128.
    """

    def __init__(
        self, unet: nn.Module | dict[str, Any], dim: int = 32, voxel_size: float = 0.02, min_spatial_shape: int = 1
    ) -> None:
        super().__init__()
        self.unet = as_module(unet)
        self.dim, self.voxel_size, self.min_spatial_shape = dim, voxel_size, min_spatial_shape

    def forward(self, batch: SceneBatch) -> Tensor:
        """Features [sum M, dim] of the superpoints of all scenes, in their order."""
        voxels = self.voxelize(batch)
        inputs = voxels.mean(batch.point_features)  # [V, F]
        shape = [max(size, self.min_spatial_shape) for size in voxels.spatial_shape]
        features = self.unet(SparseTensor.from_coords(inputs, voxels.indices, shape, len(batch))).features  # [V, dim]
        return segment_mean(features[voxels.point_to_voxel], batch.superpoint_ids, sum(batch.superpoint_counts))

    def voxelize(self, batch: SceneBatch) -> Voxels:
        """Voxels of the batch; distorted positions, which come in voxel units, take precedence."""
        scenes = (sample.scene for sample in batch)
        return voxelize([s.xyz.double() / self.voxel_size if s.voxel_coords is None else s.voxel_coords for s in scenes])
