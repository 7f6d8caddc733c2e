"""What queries over several views are trained with: one query per segment, found by its masks in all views and its class."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from mmengine.dist import all_reduce
from torch import Tensor, nn

from uniseg3d.models.criteria.costs import class_costs, mask_costs
from uniseg3d.models.criteria.mask_losses import dice_rows, entropy_rows
from uniseg3d.models.criteria.matching import one_to_one
from uniseg3d.models.criteria.point_sampling import Uniform, read_all, read_each, uncertain_points
from uniseg3d.models.criteria.view_truth import ViewTruth
from uniseg3d.models.decoders.panoptic import ViewAnswers
from uniseg3d.registry import MODELS

ALPHA, GAMMA = 0.25, 2.0  # of the focal loss


class Pairs(NamedTuple):
    """Queries of one scene, rising, and the segments that they answer for."""

    query: Tensor  # [P]
    segment: Tensor  # [P]


@MODELS.register_module()
class ViewPanopticCriterion(nn.Module):
    """Classes by focal loss, or by cross entropy with a class for no object; masks by cross entropy and dice at random points.

    All answers of a decoder are compared, the last and those on the way to it, each with its own matching.

    Args:
        classes, entropy, dice: weights of the terms, and of the costs that queries are matched by.
        points: places per view at which masks are compared.
        no_object: the last class of the answers means that there is nothing; then classes exclude one another.
        void_weight: weight of that class.
        softmax_costs: match by probabilities that exclude one another, also where the classes of the answers do not, as in
            the published training.
        class_cost: weight of the class where queries are matched; ``None`` = that of the term.
        oversample, importance: a share ``importance`` of a mask's points are the least sure ones of ``oversample`` times as
            many; 1 and 1 = all at random.
        shared_points: match by the same points in all views.
        sum_views: add up the masks' terms of all views instead of averaging over them.
        uniform: draws the points; as ``torch.rand``.
    """

    def __init__(
        self,
        classes: float = 1.0,
        entropy: float = 20.0,
        dice: float = 1.0,
        points: int = 12288,
        no_object: bool = False,
        void_weight: float = 0.1,
        softmax_costs: bool = False,
        class_cost: float | None = None,
        oversample: float = 1.0,
        importance: float = 1.0,
        shared_points: bool = False,
        sum_views: bool = False,
        uniform: Uniform = torch.rand,
    ) -> None:
        super().__init__()
        self.weights = {'ce': classes, 'mask': entropy, 'dice': dice}
        self.points, self.no_object, self.void_weight = points, no_object, void_weight
        self.softmax_costs, self.uniform = softmax_costs, uniform
        self.class_cost = classes if class_cost is None else class_cost
        self.oversample, self.importance = oversample, importance
        self.shared_points, self.sum_views = shared_points, sum_views

    def forward(self, answers: Sequence[Sequence[ViewAnswers]], truths: Sequence[ViewTruth]) -> dict[str, Tensor]:
        """``answers`` [B][H], the final head last: weighted ``loss_ce``, ``loss_mask`` and ``loss_dice``, of head i ``.._i``.

        Sums are divided by the number of segments of all processes, so that a batch may be split among them.
        """
        count = truths[0].maps.new_tensor(sum(len(truth) for truth in truths), dtype=torch.float32)
        all_reduce(count, 'mean')
        losses: dict[str, Tensor] = {}
        with torch.autocast(truths[0].maps.device.type, enabled=False):
            for head, scenes in enumerate(zip(*answers, strict=True)):
                suffix = '' if head == len(answers[0]) - 1 else f'_{head}'
                terms = self.head_terms(scenes, truths, count.clamp(min=1))
                losses |= {f'loss_{name}{suffix}': self.weights[name] * value for name, value in terms.items()}
        return losses

    def head_terms(self, scenes: Sequence[ViewAnswers], truths: Sequence[ViewTruth], count: Tensor) -> dict[str, Tensor]:
        """The three terms [] of one head for B scenes."""
        pairs = [self.match(answer, truth) for answer, truth in zip(scenes, truths, strict=True)]
        logits = torch.stack([answer.classes for answer in scenes]).float()  # [B, Q, C]
        masks = [_mask_terms(*parts) for parts in zip(scenes, truths, pairs, self._places(scenes, pairs), strict=True)]
        views = len(truths[0].maps) if self.sum_views else 1
        entropy, dice = torch.stack(masks).sum(0) * views / count
        return {'ce': self.class_loss(logits, truths, pairs, count), 'mask': entropy, 'dice': dice}

    def _places(self, scenes: Sequence[ViewAnswers], pairs: Sequence[Pairs]) -> list[Tensor]:
        """Per scene the points [P * V, n, 2] at which the masks of its pairs are compared, views fastest."""
        rows = [len(own.query) * len(answer.masks) for answer, own in zip(scenes, pairs, strict=True)]
        if self.oversample == 1:
            drawn = self.uniform(sum(rows), self.points, 2, device=scenes[0].classes.device)
        else:
            found = [torch.stack([m[own.query] for m in a.masks], 1) for a, own in zip(scenes, pairs, strict=True)]
            logits = torch.cat([own.flatten(0, 1) for own in found]).float()
            drawn = uncertain_points(logits, self.points, self.oversample, self.importance, self.uniform)
        return list(drawn.split(rows))

    @torch.no_grad()
    def match(self, answer: ViewAnswers, truth: ViewTruth) -> Pairs:
        """Which query answers for which segment; queries that are left answer for nothing."""
        return Pairs(*one_to_one(self.costs(answer, truth)))

    @torch.no_grad()
    def costs(self, answer: ViewAnswers, truth: ViewTruth) -> Tensor:
        """Cost of every query for every segment [Q, n]; all masks of a view are compared at the same points."""
        views = len(truth.maps)
        points = self.uniform(1 if self.shared_points else views, self.points, 2, device=truth.maps.device)
        points = points.expand(views, -1, -1)
        read = [read_all(masks[:, None].float(), own[None]) for masks, own in zip(answer.masks, points, strict=True)]
        entropy, dice = mask_costs(torch.cat(read, 1), truth.read_all(points))
        masks = self.weights['mask'] * entropy + self.weights['dice'] * dice
        return masks + self.class_cost * self._class_costs(answer, truth)

    def _class_costs(self, answer: ViewAnswers, truth: ViewTruth) -> Tensor:
        logits = answer.classes.float()
        if self.no_object or self.softmax_costs:
            return class_costs(logits, truth.labels)
        return -logits[:, truth.labels].sigmoid()

    def class_loss(self, logits: Tensor, truths: Sequence[ViewTruth], pairs: Sequence[Pairs], count: Tensor) -> Tensor:
        """Loss of class ``logits`` [B, Q, C]; classes that a scene's data set does not know are left out."""
        allowed = torch.stack([truth.allowed for truth in truths])[:, None]  # [B, 1, C]
        scene = torch.cat([torch.full_like(own.query, index) for index, own in enumerate(pairs)])
        query = torch.cat([own.query for own in pairs])
        label = torch.cat([truth.labels[own.segment] for truth, own in zip(truths, pairs, strict=True)])
        if self.no_object:
            return self._exclusive_loss(logits, F.pad(allowed, (0, 1), value=True), scene, query, label)
        target = torch.zeros_like(logits)
        target[scene, query, label] = 1
        return (_focal(logits, target) * allowed).sum() / count

    def _exclusive_loss(self, logits: Tensor, allowed: Tensor, scene: Tensor, query: Tensor, label: Tensor) -> Tensor:
        void = logits.shape[2] - 1
        target = torch.full(logits.shape[:2], void, device=logits.device)
        target[scene, query] = label
        weight = torch.where(target == void, self.void_weight, 1.0)
        missed = -logits.masked_fill(~allowed, -torch.inf).log_softmax(2).gather(2, target[..., None])[..., 0]
        total = weight.sum()
        all_reduce(total, 'mean')
        return (weight * missed).sum() / total


def _focal(logits: Tensor, target: Tensor) -> Tensor:
    """Focal loss of every logit."""
    entropy = F.binary_cross_entropy_with_logits(logits, target, reduction='none')
    inside = logits.sigmoid()
    missed = torch.where(target > 0, 1 - inside, inside)
    return torch.where(target > 0, ALPHA, 1 - ALPHA) * missed**GAMMA * entropy


def _mask_terms(answer: ViewAnswers, truth: ViewTruth, pairs: Pairs, points: Tensor) -> Tensor:
    """Cross entropy and dice [2] of the pairs of a scene, summed over pairs, means over views.

    ``points`` [P * V, n, 2], one row for each pair and view, views fastest: each mask is compared at its own.
    """
    views = len(truth.maps)
    view = torch.arange(views, device=points.device).repeat(len(pairs.query))
    read = [read_each(masks[pairs.query].float(), points[own::views]) for own, masks in enumerate(answer.masks)]
    logits = torch.stack(read, 1).flatten(0, 1)  # [P * V, n]
    target = truth.read_each(pairs.segment.repeat_interleave(views), view, points)
    return torch.stack([entropy_rows(logits, target).sum(), dice_rows(logits, target).sum()]) / views
