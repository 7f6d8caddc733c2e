"""Free names for what queries show: both become directions of one space."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.models.layers.mlp import PlainMLP
from uniseg3d.registry import MODELS

TEMPERATURE = 0.07  # of the softmax over names, in training as in prediction


@MODELS.register_module()
class NamingHead(nn.Module):
    """What a query shows and what a text says; they fit as well as their directions agree.

    Names need no training of their own: what reads sentences in training reads names later, also names that are new.

    Args:
        dim: width of queries and of mask features.
        text_dim: width of the queries that are made of texts.
        embed_dim: width of the common space.
    """

    def __init__(self, dim: int, text_dim: int, embed_dim: int = 128) -> None:
        super().__init__()
        self.pooled = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, dim))
        self.shown = PlainMLP([dim, dim, embed_dim])
        self.said = PlainMLP([text_dim, embed_dim, embed_dim])

    def show(self, embeddings: Tensor, pooled: Tensor) -> Tensor:
        """Normalised queries [Q, dim], mean features inside their masks [Q, dim]: [Q, embed_dim]."""
        return self.shown(self.pooled(pooled) + embeddings)

    def say(self, texts: Tensor) -> Tensor:
        """Text queries [T, text_dim] that have not seen any scene: [T, embed_dim]."""
        return self.said(texts)


def name_logits(shown: Tensor, said: Tensor) -> Tensor:
    """How well each name fits what is shown, by the best of its P synonyms: [Q, E] and [L, P, E] to float32 [Q, L]."""
    with torch.autocast(shown.device.type, enabled=False):
        cosine = F.normalize(shown.float(), dim=-1) @ F.normalize(said.float(), dim=-1).flatten(0, 1).T  # [Q, L * P]
    return cosine.unflatten(1, said.shape[:2]).amax(2) / TEMPERATURE
