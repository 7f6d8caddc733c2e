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

    Names need no training of their own: what reads sentences in training reads names later, also names that are new. Half of
    a direction is free, the other half are the known classes: sentences of one scene are told apart only from each other,
    while the classes were told apart in all scenes, so a text that learns which of them it speaks of knows all others, too.

    Args:
        dim: width of queries and of mask features.
        text_dim: width of the queries that are made of texts.
        classes: known classes of things, without "no object".
        embed_dim: width of the free half.
    """

    def __init__(self, dim: int, text_dim: int, classes: int, embed_dim: int = 128) -> None:
        super().__init__()
        self.pooled = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, dim))
        self.shown = PlainMLP([dim, dim, embed_dim])
        self.said = PlainMLP([text_dim, embed_dim, embed_dim])
        self.kind = nn.Linear(text_dim, classes)

    def show(self, embeddings: Tensor, pooled: Tensor, classes: Tensor) -> Tensor:
        """Normalised queries [Q, dim], mean features inside their masks [Q, dim], logits [Q, classes + 1]: [Q, E]."""
        return _direction(self.shown(self.pooled(pooled) + embeddings), classes[:, :-1].detach())

    def say(self, texts: Tensor) -> Tensor:
        """Text queries [T, text_dim] that have not seen any scene: [T, E]."""
        return _direction(self.said(texts), self.kind(texts))


def _direction(free: Tensor, kind: Tensor) -> Tensor:
    """Both halves of length one, ``kind`` as roots of probabilities: their product is how far two distributions overlap."""
    return torch.cat([F.normalize(free.float(), dim=1), (kind.float().log_softmax(1) / 2).exp()], 1)


def name_logits(shown: Tensor, said: Tensor) -> Tensor:
    """How well each name fits what is shown, by the best of its P synonyms: [Q, E] and [L, P, E] to float32 [Q, L]."""
    with torch.autocast(shown.device.type, enabled=False):
        cosine = F.normalize(shown.float(), dim=-1) @ F.normalize(said.float(), dim=-1).flatten(0, 1).T  # [Q, L * P]
    return cosine.unflatten(1, said.shape[:2]).amax(2) / TEMPERATURE
