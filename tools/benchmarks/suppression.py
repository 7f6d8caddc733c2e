"""B9: matrix NMS of soft masks over points, and over the superpoints that the masks are made of."""

from collections.abc import Iterator

import torch
from torch import Tensor

from benchmarks.checks import require_close
from benchmarks.timing import Item, Settings
from uniseg3d.models.postprocess.matrix_nms import matrix_nms

MASKS, OBJECTS, CLASSES = 600, 60, 18
POINTS_EACH = 33  # of every superpoint: of one size, so that both forms decay alike


def suppression(settings: Settings) -> Iterator[Item]:
    """B9: scores and their order; the masks over points are expanded already."""
    for points in settings.sizes_or(100_000):
        masks, scores, labels = soft_masks(max(points // POINTS_EACH, OBJECTS), settings.device)
        ids = torch.arange(masks.shape[1] * POINTS_EACH, device=settings.device) // POINTS_EACH
        over_points = masks[:, ids]
        works = {
            'points': lambda masks=over_points, rest=(scores, labels): matrix_nms(masks, *rest),
            'ours': lambda masks=masks, rest=(scores, labels): matrix_nms(masks, *rest),
        }
        (expected, rows), (ours, our_rows) = (works[name]() for name in ('points', 'ours'))
        require_close('B9', 'ours', by_row(ours, our_rows), by_row(expected, rows), 1e-5)
        yield Item('B9', 'matrix NMS', f'{MASKS} masks x {len(ids)} points', 'points', works)


def soft_masks(superpoints: int, device: str) -> tuple[Tensor, Tensor, Tensor]:
    """Every object is found ten times, more or less sure and more or less right: masks [n, M], scores and labels [n]."""
    generator = torch.Generator().manual_seed(0)
    owner = torch.randint(OBJECTS, (superpoints,), generator=generator)
    meant = torch.arange(MASKS) % OBJECTS
    logits = 10 * (owner == meant[:, None]).float() - 7 + 1.5 * torch.randn(MASKS, superpoints, generator=generator)
    scores, labels = torch.rand(MASKS, generator=generator), meant % CLASSES
    return logits.sigmoid().to(device), scores.to(device), labels.to(device)


def by_row(scores: Tensor, rows: Tensor) -> Tensor:
    """Decayed scores [n] in the order of the masks: those that decay alike may change places."""
    return torch.zeros_like(scores).scatter(0, rows, scores)
