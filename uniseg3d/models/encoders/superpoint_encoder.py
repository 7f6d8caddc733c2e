"""Features of superpoints from their points and from the superpoints around them, without convolutions."""

import torch
from torch import Tensor, nn

from uniseg3d.models.encoders.superpoint_shape import SHAPE_CHANNELS, height_above_floor, shape_features
from uniseg3d.models.layers.mlp import MLP
from uniseg3d.models.layers.position import FourierPosition
from uniseg3d.models.layers.scene_transformer import SceneBlock
from uniseg3d.ops.scatter import segment_max, segment_mean, thin_segments
from uniseg3d.registry import MODELS
from uniseg3d.structures import SceneBatch

COLOR = slice(0, 3)  # where the pipeline puts the normalised colour in ``PointScene.features``


@MODELS.register_module()
class SuperpointEncoder(nn.Module):
    """A perceptron shared by all points, pooling over superpoints, then transformer blocks over each scene's superpoints.

    At most ``points_per_superpoint`` points of a superpoint are read: large walls say no more with all of theirs.
    """

    def __init__(
        self,
        dim: int = 96,
        point_dim: int = 48,
        blocks: int = 4,
        heads: int = 4,
        dropout: float = 0.1,
        points_per_superpoint: int = 32,
    ) -> None:
        super().__init__()
        self.dim = dim
        self.points_per_superpoint = points_per_superpoint
        self.point_mlp = MLP([7, point_dim, point_dim])
        self.merge = MLP([2 * point_dim + SHAPE_CHANNELS, dim, dim])
        self.position = FourierPosition(dim)
        self.blocks = nn.ModuleList(SceneBlock(dim, heads, dropout=dropout) for _ in range(blocks))
        self.norm = nn.LayerNorm(dim)

    def forward(self, batch: SceneBatch) -> Tensor:
        """Features [sum M, dim] of the superpoints of all scenes, in their order."""
        ids, count = batch.superpoint_ids, sum(batch.superpoint_counts)
        xyz = torch.cat([centred(sample.scene.xyz) for sample in batch])
        color = torch.cat([sample.scene.features[:, COLOR] for sample in batch])
        centre = segment_mean(xyz, ids, count)  # [sum M, 3]

        tokens = self._pool(xyz - centre[ids], xyz[:, 2:], color, ids, count) + self.position(centre)
        for block in self.blocks:
            tokens = block(tokens, centre, batch.superpoint_counts)
        return self.norm(tokens)

    def _pool(self, offset: Tensor, height: Tensor, color: Tensor, ids: Tensor, count: int) -> Tensor:
        shape = shape_features(offset, height, color, ids, count)
        rows = thin_segments(ids, count, self.points_per_superpoint)
        points = self.point_mlp(torch.cat([offset, height, color], 1)[rows])
        pooled = [reduce(points, ids[rows], count) for reduce in (segment_mean, segment_max)]
        return self.merge(torch.cat([*pooled, shape], 1))


def centred(xyz: Tensor) -> Tensor:
    """Positions [N, 3] with the middle of the scene above the origin and the floor at zero height."""
    return torch.cat([xyz[:, :2] - xyz[:, :2].mean(0), height_above_floor(xyz)], 1)
