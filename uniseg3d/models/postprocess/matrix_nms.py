"""Matrix non-maximum suppression: scores decay by how much better masks of the same label overlap; nothing is dropped."""

import torch
from torch import Tensor

from uniseg3d.utils.errors import ConfigError

KERNELS = ('linear', 'gaussian')
SHARPNESS = 2.0  # of the Gaussian kernel: exp(-2 IoU²)


def matrix_nms(
    masks: Tensor,  # [n, M] float 0..1
    scores: Tensor,  # [n]
    labels: Tensor,  # [n]
    kernel: str = 'linear',
) -> tuple[Tensor, Tensor]:  # [n], [n]
    """Decayed scores in decreasing order, and the row of ``masks`` each of them belongs to."""
    check_kernel(kernel)
    if len(scores) == 0:
        return scores, torch.arange(0, device=scores.device)
    order = scores.argsort(descending=True, stable=True)
    overlap = _overlap_with_better(masks[order], labels[order])
    decayed, again = (scores[order] * _decay(overlap, kernel)).sort(descending=True, stable=True)
    return decayed, order[again]


def check_kernel(kernel: str) -> None:
    """Refuse a kernel that does not exist."""
    if kernel not in KERNELS:
        raise ConfigError(f'matrix NMS has no kernel {kernel!r}; expected one of {", ".join(KERNELS)}')


def _overlap_with_better(masks: Tensor, labels: Tensor) -> Tensor:
    """Soft IoU of row i with row j > i of the same label, zero elsewhere; the rows stand in decreasing score: [n, n]."""
    area = masks.sum(1)
    shared = masks @ masks.T
    union = (area[:, None] + area - shared).clamp(min=torch.finfo(masks.dtype).tiny)  # two empty masks share nothing
    overlap = (shared / union).clamp(max=1) * (labels[:, None] == labels)
    return overlap.triu(1)


def _decay(overlap: Tensor, kernel: str) -> Tensor:
    """Factor of each score [n]: a worse mask counts less for overlapping, the more it is itself overlapped."""
    worst = overlap.amax(0)[:, None]  # [n, 1], how much each suppressor is suppressed
    if kernel == 'gaussian':
        return torch.exp(SHARPNESS * (worst.square() - overlap.square())).amin(0)
    free = (1 - worst).clamp(min=torch.finfo(overlap.dtype).eps)  # equal hard masks: the first one decides, not 0 / 0
    return ((1 - overlap) / free).amin(0)
