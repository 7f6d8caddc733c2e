"""Objects of any class, also of classes that training never named."""

import torch

from uniseg3d.models.postprocess.answers import predicted_ious
from uniseg3d.models.postprocess.mask_quality import mask_quality
from uniseg3d.models.postprocess.matrix_nms import matrix_nms
from uniseg3d.structures import MaskOutput, MaskSet


def find_objects(
    output: MaskOutput, score_threshold: float = 0.6, mask_threshold: float = 0.4, nms: str | None = None
) -> MaskSet:
    """Masks of queries that expect a good IoU and are sure of their superpoints, in decreasing score, all labelled -1.

    ``nms`` names a kernel of matrix NMS that lets duplicates decay before the threshold; ``None`` = keep them.
    """
    soft, scores = output.masks.float().sigmoid(), predicted_ious(output) * mask_quality(output.masks)
    labels = torch.full_like(scores, -1, dtype=torch.long)
    if nms is None:
        scores, order = scores.sort(descending=True, stable=True)
    else:
        scores, order = matrix_nms(soft, scores, labels, nms)
    kept = scores > score_threshold
    return MaskSet(soft[order[kept]] > mask_threshold, scores[kept], labels[kept])
