"""From masks and classes of queries over several views to segments."""

from collections.abc import Collection
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from uniseg3d.structures.video_segments import VideoSegments

SOLID = 0.5  # weighted probability from which on a pixel counts to the own area of a mask


@dataclass(frozen=True)
class SegmentRule:
    """Every pixel goes to the likeliest mask; masks that lose too much of their own area go.

    ``stuff``: classes whose queries are one segment. ``threshold``: least probability of a class, exclusive. ``least_share``
    of its own area that a mask must win, exclusive.
    """

    stuff: Collection[int] = (0, 1)
    threshold: float = 0.5
    least_share: float = 0.8

    @torch.no_grad()
    def __call__(self, masks: Tensor, classes: Tensor, size: tuple[int, int], only: Tensor | None = None) -> VideoSegments:
        """Mask logits ``masks`` [Q, V, h, w] and class logits ``classes`` [Q, C + 1] to segments in images of ``size``.

        ``only`` [n]: all queries compete, but no others get a segment; such as those that sentences mean.
        """
        probability = classes.float().softmax(1)
        scores, labels = probability.max(1)
        sure = (labels < classes.shape[1] - 1) & (scores > self.threshold)
        (queries,) = sure.nonzero(as_tuple=True)
        soft = full_size(masks[queries], size)
        winner, valid = self._compete(soft, scores[queries])
        if only is not None:
            valid &= torch.isin(queries, only)
        ids = self._ids(labels[queries], valid)
        maps = torch.cat([ids.new_zeros(1), ids])[winner + 1] if len(queries) else winner  # winner -1: no query at all
        kept = queries[valid]
        return VideoSegments(maps, ids[valid], labels[kept], scores[kept], kept, soft[valid], probability[kept])

    def _compete(self, soft: Tensor, scores: Tensor) -> tuple[Tensor, Tensor]:
        """Which of the masks ``soft`` [n, V, H, W] wins each pixel [V, H, W], and which keep enough of their area [n]."""
        if not len(soft):
            return torch.full(soft.shape[1:], -1, dtype=torch.long, device=soft.device), scores > 0
        weighted = soft * scores[:, None, None, None]
        winner = weighted.argmax(0)
        won = winner.flatten().bincount(minlength=len(soft))
        own = (weighted >= SOLID).flatten(1).sum(1)
        return winner, (won > 0) & (own > 0) & (won > self.least_share * own)

    def _ids(self, labels: Tensor, valid: Tensor) -> Tensor:
        """Segments [n] of the queries with ``labels`` [n]: numbers in their order, those of one kind of stuff the same."""
        ids, count, known = [0] * len(labels), 0, {}
        for number, (label, good) in enumerate(zip(labels.tolist(), valid.tolist(), strict=True)):
            if not good:
                continue
            if label not in known:
                count += 1
                ids[number] = count
                if label in self.stuff:
                    known[label] = count
            else:
                ids[number] = known[label]
        return torch.tensor(ids, dtype=torch.long, device=labels.device)


def full_size(masks: Tensor, size: tuple[int, int]) -> Tensor:
    """Probabilities [n, V, H, W] of mask logits [n, V, h, w]."""
    if not len(masks):
        return masks.new_zeros(0, masks.shape[1], *size, dtype=torch.float32)
    return F.interpolate(masks.float(), size, mode='bilinear', align_corners=False).sigmoid()


@dataclass(frozen=True)
class InstanceRule:
    """Pairs of a query and a class with the highest scores; masks may cover each other.

    ``topk`` pairs count, those that score ``threshold`` or more are kept. ``unsorted``: which lies on top follows the order
    in which torch finds them, as in the published program; else the better one.
    """

    topk: int = 10
    threshold: float = 0.5
    unsorted: bool = False

    @torch.no_grad()
    def __call__(self, masks: Tensor, classes: Tensor, size: tuple[int, int], only: Tensor | None = None) -> VideoSegments:
        """As :class:`SegmentRule`; every kept pair has a segment of its own."""
        probability = classes.float().softmax(1)
        things = probability[:, :-1]
        best, pair = things.flatten().topk(min(self.topk, things.numel()), sorted=not self.unsorted)
        queries, labels = pair // things.shape[1], pair % things.shape[1]
        soft = full_size(masks[queries], size)
        scores = best * _quality(soft)
        kept = scores >= self.threshold
        if only is not None:
            kept &= torch.isin(queries, only)
        soft, queries, labels, scores = (part[kept] for part in (soft, queries, labels, scores))
        if not self.unsorted:
            order = scores.argsort(stable=True)  # the best is painted last
            soft, queries, labels, scores = (part[order] for part in (soft, queries, labels, scores))
        ids = torch.arange(1, len(queries) + 1, device=queries.device)
        painted = torch.where(soft > 0.5, ids[:, None, None, None], 0)
        maps = painted.amax(0) if len(ids) else ids.new_zeros(soft.shape[1:])
        return VideoSegments(maps, ids, labels, scores, queries, soft, probability[queries])


def _quality(soft: Tensor) -> Tensor:
    """Mean probability inside each mask [n] of probabilities [n, V, H, W]; zero for an empty mask."""
    inside = soft > 0.5
    return (soft * inside).flatten(1).sum(1) / (inside.flatten(1).sum(1) + 1e-6)
