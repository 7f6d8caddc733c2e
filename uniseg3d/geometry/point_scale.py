"""One number for the size of what lies around a camera: clouds of unknown scale are compared after division by it."""

from collections.abc import Callable

import torch
from torch import Tensor

from uniseg3d.utils.errors import ConfigError

LEAST_SCALE = 1e-8


def point_scale(points: Tensor, valid: Tensor, kind: str = 'mean') -> Tensor:
    """Scale [B] of the valid ones of points [B, ..., 3] by their distances from the origin; ``valid`` [B, ...] bool.

    ``kind`` is one of :data:`POINT_SCALES`. Samples without any valid point have the smallest scale.
    """
    if kind not in POINT_SCALES:
        raise ConfigError(f'unknown point scale "{kind}"; expected one of {", ".join(POINT_SCALES)}')
    distance = torch.where(valid[..., None], points, torch.nan).norm(dim=-1).flatten(1)  # [B, N]
    return POINT_SCALES[kind](distance).nan_to_num(LEAST_SCALE).clamp(min=LEAST_SCALE)


POINT_SCALES: dict[str, Callable[[Tensor], Tensor]] = {
    'mean': lambda distance: distance.nanmean(1),
    'median': lambda distance: distance.nanmedian(1).values,
    'mean_log': lambda distance: distance.log1p().nanmean(1),
    'mean_root': lambda distance: distance.sqrt().nanmean(1).square(),
}
