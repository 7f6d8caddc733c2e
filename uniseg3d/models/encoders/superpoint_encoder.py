"""Features of superpoints from their points and from the superpoints around them, without convolutions."""

from typing import Any

import torch
from torch import Tensor, nn

from uniseg3d.models.encoders.superpoint_shape import SHAPE_CHANNELS, height_above_floor, shape_features
from uniseg3d.models.layers.build import as_module
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

    At most ``points_per_superpoint`` points of a superpoint are read, evenly spaced in their order: a large wall says no
    more with all of its points, and a scene costs the same however densely it was scanned.

    ``local``: another encoder of superpoints, such as a U-Net, whose features are added before the blocks.
    ``train_keys``: see ``NearAttention``.
    """

    def __init__(
        self,
        dim: int = 96,
        point_dim: int = 48,
        blocks: int = 4,
        heads: int = 4,
        dropout: float = 0.1,
        points_per_superpoint: int = 32,
        train_keys: int | None = None,
        local: nn.Module | dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.dim = dim
        self.points_per_superpoint = points_per_superpoint
        self.point_mlp = MLP([7, point_dim, point_dim])
        self.merge = MLP([2 * point_dim + SHAPE_CHANNELS, dim, dim])
        self.position = FourierPosition(dim)
        self.blocks = nn.ModuleList(SceneBlock(dim, heads, dropout=dropout, train_keys=train_keys) for _ in range(blocks))
        self.norm = nn.LayerNorm(dim)
        self.local = None if local is None else as_module(local)
        self.take_local = None if self.local is None else nn.Linear(self.local.dim, dim)  # type: ignore[arg-type]

    def forward(self, batch: SceneBatch) -> Tensor:
        """Features [sum M, dim] of the superpoints of all scenes, in their order."""
        ids, count = batch.superpoint_ids, sum(batch.superpoint_counts)
        rows = thin_segments(ids, count, self.points_per_superpoint)
        sizes = torch.cat([sample.superpoints.sizes for sample in batch])
        xyz = torch.cat([centred(sample.scene.xyz) for sample in batch])[rows]
        color = torch.cat([sample.scene.features[:, COLOR] for sample in batch])[rows]

        tokens, centre = self._pool(xyz, color, ids[rows], sizes)
        tokens = tokens + self.position(centre)
        if self.local is not None and self.take_local is not None:
            tokens = tokens + self.take_local(self.local(batch))
        for block in self.blocks:
            tokens = block(tokens, centre, batch.superpoint_counts)
        return self.norm(tokens)

    def _pool(self, xyz: Tensor, color: Tensor, ids: Tensor, sizes: Tensor) -> tuple[Tensor, Tensor]:
        """Points to superpoints: features [sum M, dim] and centres [sum M, 3]."""
        count = len(sizes)
        centre = segment_mean(xyz, ids, count)
        offset, height = xyz - centre[ids], xyz[:, 2:]
        points = self.point_mlp(torch.cat([offset, height, color], 1))
        pooled = [reduce(points, ids, count) for reduce in (segment_mean, segment_max)]
        shape = shape_features(offset, height, color, ids, sizes)
        return self.merge(torch.cat([*pooled, shape], 1)), centre


def centred(xyz: Tensor) -> Tensor:
    """Positions [N, 3] with the middle of the scene above the origin and the floor at zero height."""
    return torch.cat([xyz[:, :2] - xyz[:, :2].mean(0), height_above_floor(xyz)], 1)
