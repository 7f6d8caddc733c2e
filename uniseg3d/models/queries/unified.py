"""UniSeg3D's queries: superpoints ask for themselves, clicks and sentences for what they mean."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from uniseg3d.models.queries.clicks import ClickPooling
from uniseg3d.models.queries.superpoints import SuperpointQueries
from uniseg3d.registry import MODELS
from uniseg3d.structures import Clicks, Prompts, QuerySet

SCENE_ROW, CLICK_ROW, TEXT_ROW = 2, 1, 0
UNPUBLISHED = ('click_pooling.',)  # beginnings of the names of parameters that published weights lack


@MODELS.register_module()
class UnifiedQueries(SuperpointQueries):
    """Scene queries from superpoints, click queries from clicked superpoints, text queries from sentences.

    A learned vector per kind is added.

    Args:
        dim: width of superpoint features and of encoded sentences.
        query_share, max_train: see :class:`SuperpointQueries`.
    """

    def __init__(self, dim: int, query_share: tuple[float, float] = (0.5, 1.0), max_train: int = 3500) -> None:
        super().__init__(query_share, max_train)
        self.type_embedding = nn.Embedding(3, dim)
        self.click_pooling = ClickPooling(dim)

    def forward(self, features: Tensor, prompts: Prompts, text_features: Tensor) -> QuerySet:
        """One scene: superpoint ``features`` [M, dim], its prompts, ``text_features`` [T, dim] of its sentences."""
        scene = self.draw(features)
        kind = self.type_embedding.weight
        return QuerySet.join(
            {
                'scene': _group(features[scene] + kind[SCENE_ROW], scene),
                'clicks': _group(self.click_pooling(features, prompts.clicks) + kind[CLICK_ROW], _places(prompts.clicks)),
                'texts': self.texts(text_features),
            }
        )

    def texts(self, features: Tensor) -> QuerySet:
        """Queries of encoded sentences [T, dim], which belong to no scene."""
        unplaced = torch.full((len(features),), -1, device=features.device)
        return QuerySet(features + self.type_embedding.weight[TEXT_ROW], {'texts': len(features)}, unplaced)


def _group(features: Tensor, superpoint: Tensor) -> QuerySet:
    return QuerySet(features, {'all': len(features)}, superpoint)


def _places(clicks: Clicks) -> Tensor:
    """Superpoint of the first click of every prompt [K]."""
    first = torch.searchsorted(clicks.prompt, torch.arange(len(clicks), device=clicks.prompt.device))
    return clicks.superpoint[first]


def remap_keys(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Those weights of a published UniSeg3D state dict that belong to ``UnifiedQueries``; all but ``UNPUBLISHED``."""
    return {name: tensor for name, tensor in weights.items() if name == 'type_embedding.weight'}
