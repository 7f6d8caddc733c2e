"""Clicks teach: the masks of scene queries, and the classes of sentences."""

from torch import Tensor

from uniseg3d.models.criteria.mask_losses import probability_entropy


def mask_distillation(logits: Tensor, teacher: Tensor, share: float, saturating: bool = False) -> Tensor:
    """Masks ``logits`` [m, M] learn from those of the clicks on the same objects, ``teacher`` [m, M].

    Only where the clicks are surest: on the ``share`` of superpoints with the highest logit of any click, each for the mask
    of that click.
    """
    count = int(share * logits.shape[1])
    if not len(logits) or not count:
        return logits[:0].sum()
    height, owner = teacher.detach().max(0)  # [M]
    surest = height.topk(count).indices
    places = owner[surest], surest
    return probability_entropy(logits[places].float(), teacher[places].float(), saturating)


def class_distillation(logits: Tensor, teacher: Tensor, saturating: bool = False) -> Tensor:
    """Classes ``logits`` [m, C] of sentences learn from those of the clicks on the same objects, ``teacher`` [m, C]."""
    if not len(logits):
        return logits.sum()
    return probability_entropy(logits.float(), teacher.float(), saturating)
