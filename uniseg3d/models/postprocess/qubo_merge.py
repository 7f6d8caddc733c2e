"""Merging masks of many views into one panoptic map: the masks that together cover most and overlap least share the pixels."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from uniseg3d.models.postprocess.qubo import Annealing, coverage_matrix
from uniseg3d.models.postprocess.standard_merge import VOID_CONFIDENCE
from uniseg3d.models.postprocess.view_masks import ViewMasks, class_scores
from uniseg3d.ops.soft_overlap import soft_overlap
from uniseg3d.structures.panoptic_views import PanopticViews


@dataclass(frozen=True)
class QuboMerge:
    """Masks are chosen by area and overlap alone; each pixel goes to the likeliest of them, then unlikely segments go.

    ``count_padding``: views of different sizes count as if all were as large as the largest, and the pixels that they lack
    belong to the first mask, as in the published post-processing.
    """

    penalty: float = 1.0  # of overlap, beside what it does not add to the covered area
    price: float = 1e-3  # of choosing all masks
    least_score: float = 0.01  # of a segment: probability of its class times mean probability of its pixels
    no_object: bool = False  # the last class means that there is nothing
    count_padding: bool = False
    annealing: Annealing = field(default_factory=Annealing)

    @torch.no_grad()
    def __call__(self, views: ViewMasks) -> PanopticViews:
        """Never changes ``views``; one view at a time is full-sized."""
        (queries,) = self.choose(views).nonzero(as_tuple=True)
        maps = [_owners(masks) for masks in views.probabilities(queries)]
        scores, labels = self._classes(views.classes[queries])
        stays = scores * self._mean_confidence(maps, len(queries), views.padding) >= self.least_score
        ids = torch.where(stays, stays.cumsum(0), 0)
        segments = [ids[owner] if len(ids) else owner for owner, _ in maps]
        confidence = [sure if len(ids) else torch.full_like(sure, VOID_CONFIDENCE) for _, sure in maps]
        return PanopticViews(segments, confidence, labels[stays], scores[stays], queries[stays])

    def choose(self, views: ViewMasks) -> Tensor:
        """True for the queries [Q] whose masks are used."""
        every = torch.arange(len(views.classes), device=views.classes.device)
        overlap = sum(soft_overlap(masks.flatten(1)) for masks in views.probabilities(every))
        assert isinstance(overlap, Tensor)  # there is at least one view
        matrix = coverage_matrix(overlap.cpu().numpy(), views.padded_pixels, self.penalty)
        return torch.from_numpy(self.annealing(matrix, self.price)).bool().to(every.device)

    def _classes(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        probability = class_scores(logits, self.no_object)
        if not probability.shape[1]:
            return probability.new_zeros(len(logits)), logits.new_full((len(logits),), -1, dtype=torch.long)
        best = probability.max(1)
        return best.values, best.indices

    def _mean_confidence(self, maps: list[tuple[Tensor, Tensor]], count: int, padding: int) -> Tensor:
        """Mean probability [n] of the pixels that each mask owns; 0 for a mask without pixels."""
        owner, sure = (torch.cat([view[part].flatten() for view in maps]) for part in (0, 1))
        area = owner.bincount(minlength=count)[:count]
        if self.count_padding and count:
            area[0] += padding
        return (owner.bincount(sure.double(), minlength=count)[:count] / area.clamp(min=1)).float()


def _owners(masks: Tensor) -> tuple[Tensor, Tensor]:
    """Likeliest of the ``masks`` [n, H, W] at each pixel, [H, W], and how sure it is; zeros where there are no masks."""
    if not len(masks):
        return torch.zeros_like(masks.sum(0), dtype=torch.long), masks.sum(0)
    sure, owner = masks.max(0)
    return owner, sure
