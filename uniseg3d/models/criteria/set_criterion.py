"""What the assigned queries of one scene lose: classes, masks and self-estimated IoU, per group and head."""

from dataclasses import dataclass

import torch
from torch import Tensor

from uniseg3d.models.criteria.assignment import GROUPS, Assignment
from uniseg3d.models.criteria.mask_losses import dice_rows, entropy_rows, iou_rows
from uniseg3d.models.criteria.weights import LossWeights
from uniseg3d.ops.scatter import segment_sum
from uniseg3d.structures import MaskOutput, QuerySet
from uniseg3d.utils.errors import ConfigError


@dataclass(frozen=True)
class SceneTerms:
    """Means over the pairs (or queries) of each of the four ``GROUPS`` in each of H heads; 0 where there are none."""

    classes: Tensor  # [4, H]; novel has none
    entropy: Tensor  # [4, H]
    dice: Tensor  # [4, H]
    iou: Tensor  # [H], over scene and novel pairs alike
    pairs: Tensor  # [4, H] int64, how many


def scene_terms(
    outputs: list[MaskOutput], queries: QuerySet, assignment: Assignment, weights: LossWeights, void_weight: float
) -> SceneTerms:
    """All terms of one scene; classes and IoU only if they weigh something.

    Masks are read once per head, and only the rows that answer for something.
    """
    head, query, mask, group = assignment.pairs()
    counts = head.bincount(minlength=len(outputs)).tolist()
    rows = [o.masks.index_select(0, own) for o, own in zip(outputs, query.split(counts), strict=True)]
    logits, targets = torch.cat(rows).float(), assignment.masks[mask].float()  # [P, M]
    values = [entropy_rows(logits, targets), dice_rows(logits, targets)]
    if weights.iou:
        values.append((_stacked('ious', outputs).float()[head, query] - iou_rows(logits, targets)) ** 2)
    slots = len(GROUPS) * len(outputs)
    slot = group * len(outputs) + head
    sums = segment_sum(torch.stack(values, 1), slot, slots).T.unflatten(1, (len(GROUPS), -1))  # [2 or 3, 4, H]
    pairs = slot.bincount(minlength=slots).view(len(GROUPS), -1)
    means = sums[:2] / pairs.clamp(min=1)
    iou = sums[2, :2].sum(0) / pairs[:2].sum(0).clamp(min=1) if weights.iou else means.new_zeros(len(outputs))
    classes = class_entropy(outputs, queries, assignment, void_weight) if weights.classes else torch.zeros_like(means[0])
    return SceneTerms(classes, means[0], means[1], iou, pairs)


def class_entropy(outputs: list[MaskOutput], queries: QuerySet, assignment: Assignment, void_weight: float) -> Tensor:
    """Weighted mean cross entropy of the class logits of each group [4, H]; void counts ``void_weight`` per query."""
    logits = _stacked('classes', outputs).float()  # [H, Q, C + 1]
    void = logits.shape[-1] - 1
    labels = assignment.query_labels(void)  # [H, Q]
    weight = torch.where(labels == void, void_weight, (labels >= 0).to(logits.dtype))
    missed = -logits.log_softmax(-1).gather(-1, labels.clamp(min=0)[..., None])[..., 0]
    rows = [queries.rows(name) for name in GROUPS]
    total = torch.stack([(weight * missed)[:, own].sum(1) for own in rows])
    return total / torch.stack([weight[:, own].sum(1) for own in rows]).clamp(min=1e-9)


def _stacked(name: str, outputs: list[MaskOutput]) -> Tensor:
    parts = [getattr(output, name) for output in outputs]
    if any(part is None for part in parts):
        raise ConfigError(f'a loss weight asks for {name} from every head, but the decoder gives none; set the weight to 0')
    return torch.stack(parts)
