"""Queries of the scene: superpoints ask for themselves."""

import torch
from torch import Tensor, nn

from uniseg3d.registry import MODELS
from uniseg3d.structures import Prompts, QuerySet
from uniseg3d.utils.errors import ConfigError


@MODELS.register_module()
class SuperpointQueries(nn.Module):
    """Features of superpoints as they are; nobody else asks. Learns nothing.

    Training draws some of the superpoints, another choice each time; otherwise query i belongs to superpoint i.

    Args:
        query_share: in training, the share of superpoints that become queries is uniform between these.
        max_train: never more scene queries than this in training.
    """

    def __init__(self, query_share: tuple[float, float] = (0.5, 1.0), max_train: int = 3500) -> None:
        super().__init__()
        self.query_share, self.max_train = query_share, max_train

    def forward(self, features: Tensor, prompts: Prompts, text_features: Tensor) -> QuerySet:
        """One scene: superpoint ``features`` [M, dim]; ``prompts`` and ``text_features`` [0, dim] must be empty."""
        if len(prompts.clicks) or len(prompts.texts):
            raise ConfigError(
                f'this model answers no prompts, but got {len(prompts.clicks)} clicks and {len(prompts.texts)} sentences; '
                'leave them out, or take a config of UniSeg3D, whose queries are UnifiedQueries'
            )
        rows = self.draw(features)
        return QuerySet(features[rows], {'scene': len(rows)}, rows)

    def draw(self, features: Tensor) -> Tensor:
        """Superpoints that ask [n]: all of them; in training random ones, at least one."""
        if not self.training:
            return torch.arange(len(features), device=features.device)
        low, high = self.query_share
        share = low + (high - low) * torch.rand(()).item()  # on the CPU, so that no GPU is waited for
        count = max(1, min(int(share * len(features)), self.max_train))
        return torch.randperm(len(features), device=features.device)[:count]
