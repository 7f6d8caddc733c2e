"""Labels of a rendered view: what the gaussians that are seen there say together."""

from collections.abc import Collection
from dataclasses import dataclass

import torch
from torch import Tensor

from uniseg3d.structures.container import Container

STUFF_ID = 100  # segments of stuff are numbered from here on


@dataclass(eq=False)
class RenderedLabels(Container):
    """V rendered views and the K queries that own a pixel of them."""

    semantic: Tensor  # [V, H, W] int64 class, -1 = unknown
    instance: Tensor  # [V, H, W] int64 segment, the same in all views; 0 = none
    ids: Tensor  # [K] int64 segment of each query that owns pixels
    labels: Tensor  # [K] int64 its class
    scores: Tensor  # [K] float


def render_labels(
    masks: Tensor, classes: Tensor, scores: Tensor, stuff: Collection[int] = (0, 1), least: float = 0.3
) -> RenderedLabels:
    """Labels from rendered masks of Q queries, ``masks`` [V, Q, H, W], whose ``classes`` [Q, C + 1] have the last = no object.

    What a query says about a pixel is its mask times its classes. The masks are rendered, and only then multiplied: a table
    of all queries and classes in every pixel is never made.
    """
    best = [(masks * classes[:, label, None, None]).max(1) for label in range(classes.shape[1])]
    values, winners = (torch.stack([getattr(part, name) for part in best], 1) for name in ('values', 'indices'))
    return label_pixels(values, winners, scores, stuff, least)


def label_pixels(
    values: Tensor, winners: Tensor, scores: Tensor, stuff: Collection[int] = (0, 1), least: float = 0.3
) -> RenderedLabels:
    """The same where the best value of any query for each class, ``values`` [V, C + 1, H, W], and the query, ``winners``, are
    known. A pixel whose best value is below ``least`` is unknown.
    """
    order = torch.cat([values[:, -1:], values[:, :-1]], 1)  # no object first: it wins ties
    confidence, place = order.max(1)
    semantic = torch.where(confidence < least, 0, place) - 1  # [V, H, W]
    owner = winners.gather(1, semantic.clamp(min=0)[:, None])[:, 0]
    instance = torch.where(semantic >= 0, owner + 1, 0)
    ids, labels = _owners(instance, semantic, len(scores))
    segments = ids.clone()
    for number, label in enumerate(sorted(stuff), 1):
        instance = torch.where(semantic == label, STUFF_ID + number, instance)
        segments[labels == label] = STUFF_ID + number
    return RenderedLabels(semantic, instance, segments, labels, scores[ids - 1])


def _owners(instance: Tensor, semantic: Tensor, queries: int) -> tuple[Tensor, Tensor]:
    """Numbers [K] of the segments that own a pixel, and the class [K] of the first pixel of each."""
    owner, label = instance.flatten(), semantic.flatten()
    place = torch.arange(len(owner), device=owner.device)
    first = torch.full((queries + 1,), len(owner), device=owner.device).scatter_reduce(0, owner, place, 'amin')
    (ids,) = (first[1:] < len(owner)).nonzero(as_tuple=True)
    return ids + 1, label[first[ids + 1]]
