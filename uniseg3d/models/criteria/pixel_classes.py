"""Terms that help small networks to learn segments of views: classes of single pixels, and stuff in one piece."""

from collections.abc import Collection, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from uniseg3d.models.criteria.view_truth import ViewTruth
from uniseg3d.structures.view_batch import ViewBatch


def stuff_joined(batch: ViewBatch, stuff: Collection[str]) -> ViewBatch:
    """A labelled ``batch`` in which all pixels of a class of ``stuff`` are one instance, as measures take them."""
    if not stuff or batch.instance is None or batch.semantic is None or batch.classes is None:
        return batch
    joined = batch.select(range(batch.views))
    first = int(batch.instance.max()) + 1
    rows = [
        torch.where(_among(semantic, names, stuff), first + semantic, instance)
        for semantic, instance, names in zip(batch.semantic, batch.instance, batch.classes, strict=True)
    ]
    joined.instance = torch.stack(rows)
    return joined


def _among(semantic: Tensor, names: Sequence[str], stuff: Collection[str]) -> Tensor:
    places = [place for place, name in enumerate(names) if name in stuff]
    return torch.isin(semantic, torch.tensor(places, dtype=semantic.dtype, device=semantic.device))


def pixel_class_loss(logits: Sequence[Tensor], truths: Sequence[ViewTruth]) -> Tensor:
    """Cross entropy of classes of cells, per scene [V, C, h, w], at pixels that belong to a segment; mean over scenes."""
    terms = []
    for own, truth in zip(logits, truths, strict=True):
        target = _classes(truth)
        size = own.shape[-2:]
        small = F.interpolate(target[:, None].float(), size, mode='nearest-exact')[:, 0].long()
        missed = F.cross_entropy(own.float(), small, ignore_index=-1, reduction='sum')
        terms.append(missed / (small >= 0).sum().clamp(min=1))
    return torch.stack(terms).mean()


def _classes(truth: ViewTruth) -> Tensor:
    """Class of every pixel [V, H, W]: that of its segment, -1 where there is none."""
    if not len(truth):
        return torch.full_like(truth.maps, -1)
    place = torch.searchsorted(truth.numbers, truth.maps.contiguous()).clamp(max=len(truth) - 1)
    return torch.where(truth.numbers[place] == truth.maps, truth.labels[place], -1)
