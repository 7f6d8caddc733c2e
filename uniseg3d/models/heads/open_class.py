"""Class logits by comparison with embedded class names: the list of classes can be replaced at any time."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.models.layers.mlp import PlainMLP
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import ConfigError

SCALE = math.exp(torch.tensor(4.6052).item())  # what 32 bits keep of 4.6052, nearly log(100)


@MODELS.register_module()
class OpenClassHead(nn.Module):
    """100 · cosine with the nearest prototype of each class; last comes "none of them", always zero.

    Args:
        dim: width of queries and of mask features.
        embed_dim: width of the embedded class names.
    """

    prototypes: Tensor  # [C, P, embed_dim]

    def __init__(self, dim: int, embed_dim: int) -> None:
        super().__init__()
        self.embed_dim = embed_dim
        self.pooled = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, dim))
        self.project = PlainMLP([dim, dim, dim, embed_dim])
        self.register_buffer('prototypes', torch.empty(0, 1, embed_dim), persistent=False)

    def set_classes(self, prototypes: Tensor) -> None:
        """Compare with these classes from now on: [C, P, embed_dim], P embedded names each; used as they are."""
        if prototypes.ndim != 3 or prototypes.shape[2] != self.embed_dim:
            raise ConfigError(
                f'class embeddings must have shape (classes, prototypes, {self.embed_dim}), got {tuple(prototypes.shape)}; '
                'embed the names with the text encoder that this model was trained with'
            )
        self.prototypes = prototypes.to(self.prototypes)

    def forward(self, embeddings: Tensor, pooled: Tensor) -> Tensor:
        """Normalised queries [Q, dim], mean features inside their masks [Q, dim]: logits [Q, C + 1]."""
        if len(self.prototypes) == 0:
            raise ConfigError('no classes to compare with: give their embeddings to set_classes first')
        predicted = self.project(self.pooled(pooled) + embeddings)  # [Q, embed_dim]
        with torch.autocast(predicted.device.type, enabled=False):  # 100 times a cosine needs more than eight bits
            direction = F.normalize(predicted.to(torch.promote_types(predicted.dtype, torch.float32)), dim=1)
            cosine = direction @ self.prototypes.to(direction.dtype).flatten(0, 1).T  # [Q, C * P]
        nearest = cosine.unflatten(1, self.prototypes.shape[:2]).amax(2)  # [Q, C]
        return F.pad(SCALE * nearest, (0, 1))
