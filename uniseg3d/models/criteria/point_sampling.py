"""Losses of large masks at few points: where masks are read, and which points are worth reading."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

Uniform = Callable[..., Tensor]  # as torch.rand: sizes and device to numbers in 0..1


def read_all(maps: Tensor, points: Tensor) -> Tensor:
    """Every one of ``maps`` [Q, V, h, w] of V views at the same ``points`` [V or 1, P, 2] (x, y in 0..1): [Q, V * P].

    Between pixels bilinear. Only shares of the image count, so maps of different resolutions are read at the same places.
    """
    views = maps.shape[1]
    grid = (2 * points - 1).to(maps.dtype).expand(views, -1, -1)[:, None]  # [V, 1, P, 2]
    return F.grid_sample(maps.transpose(0, 1), grid, align_corners=False)[:, :, 0].transpose(0, 1).flatten(1)


def read_each(maps: Tensor, points: Tensor) -> Tensor:
    """Each of ``maps`` [R, h, w] at its own ``points`` [R, P, 2]: [R, P]."""
    grid = (2 * points - 1).to(maps.dtype)[:, None]  # [R, 1, P, 2]
    return F.grid_sample(maps[:, None], grid, align_corners=False)[:, 0, 0]


@torch.no_grad()
def uncertain_points(
    logits: Tensor, count: int, oversample: float = 3.0, importance: float = 0.75, uniform: Uniform = torch.rand
) -> Tensor:
    """Points [R, count, 2] for masks of ``logits`` [R, h, w]: a share ``importance`` where the masks are least sure among
    ``oversample`` times as many drawn at random, the rest at random. 1 and 1 draw all alike.
    """
    rows, sure = len(logits), int(importance * count)
    candidates = uniform(rows, int(oversample * count), 2, device=logits.device)
    doubt = -read_each(logits, candidates).abs()
    chosen = doubt.topk(sure, 1).indices  # [R, sure]
    points = candidates.gather(1, chosen[..., None].expand(-1, -1, 2))
    return torch.cat([points, uniform(rows, count - sure, 2, device=logits.device)], 1)
