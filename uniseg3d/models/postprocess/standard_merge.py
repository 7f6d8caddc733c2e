"""Merging masks of many views into one panoptic map: each pixel goes to the likeliest mask, masks that lose too much go."""

from dataclasses import dataclass

import torch
from torch import Tensor

from uniseg3d.models.postprocess.view_masks import ViewMasks, class_scores
from uniseg3d.structures.panoptic_views import PanopticViews
from uniseg3d.utils.errors import ConfigError

VOID_CONFIDENCE = 0.1
SOLID = 0.5  # probability from which on a pixel counts to the own area of a mask


@dataclass(frozen=True)
class StandardMerge:
    """Masks compete with their probability times that of their class, several times: losers leave, the others share.

    Areas count over all views, and things and stuff are treated alike.
    """

    passes: int = 2
    mask_threshold: float = 0.25  # least probability of a pixel that a mask has won
    least_share: float = 0.5  # of its own area that a mask must win to stay
    class_threshold: float = 0.1  # exclusive
    temperature: float | None = None  # sharpens the classes of the queries that take part
    no_object: bool = False  # the last class means that there is nothing

    def __post_init__(self) -> None:
        if self.passes < 1:
            raise ConfigError(f'StandardMerge needs at least one pass, got passes={self.passes}')

    @torch.no_grad()
    def __call__(self, views: ViewMasks) -> PanopticViews:
        """Never changes ``views``; one view at a time is full-sized."""
        queries, scores, labels = self._candidates(views.classes)
        own = torch.stack([(masks >= SOLID).sum((1, 2)) for masks in views.probabilities(queries)]).sum(0)  # [n]
        for _ in range(self.passes):
            maps = [_winners(masks, scores) for masks in views.probabilities(queries)]
            won = sum((self._won(*view, len(queries)) for view in maps), start=torch.zeros_like(own))
            stays = (won > 0) & (own > 0) & (won.double() >= self.least_share * own)
            ids = torch.where(stays, stays.cumsum(0), 0)
            queries, scores, labels, own = (values[stays] for values in (queries, scores, labels, own))
        parts = [self._segments(*view, ids) for view in maps]
        return PanopticViews([part[0] for part in parts], [part[1] for part in parts], labels, scores, queries)

    def _candidates(self, logits: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries [n] that take part, with the probability and number of their class."""
        probability = class_scores(logits, self.no_object)
        if not probability.shape[1]:
            none = torch.zeros(0, dtype=torch.long, device=logits.device)
            return none, probability.new_zeros(0), none
        kept = probability.amax(1) > self.class_threshold
        if self.no_object:
            kept &= logits.argmax(1) < logits.shape[1] - 1
        (queries,) = kept.nonzero(as_tuple=True)
        probability = probability[queries]
        if self.temperature is not None:
            probability = (probability / self.temperature).softmax(1)
        best = probability.max(1)
        return queries, best.values, best.indices

    def _won(self, winner: Tensor, confidence: Tensor, count: int) -> Tensor:
        return winner[confidence >= self.mask_threshold].bincount(minlength=count)[:count]

    def _segments(self, winner: Tensor, confidence: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
        if not len(ids):
            return winner, confidence.fill_(VOID_CONFIDENCE)
        segment = torch.where(confidence >= self.mask_threshold, ids[winner], 0)
        return segment, torch.where(segment > 0, confidence, VOID_CONFIDENCE)


def _winners(masks: Tensor, scores: Tensor) -> tuple[Tensor, Tensor]:
    """Best of the ``masks`` [n, H, W] at each pixel, [H, W], and how sure it is; zeros where there are no masks."""
    if not len(masks):
        return torch.zeros_like(masks.sum(0), dtype=torch.long), masks.sum(0)
    winner = (masks * scores[:, None, None]).argmax(0)
    return winner, masks.gather(0, winner[None])[0]
