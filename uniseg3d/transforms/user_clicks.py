"""Clicks that real users make: on positions in space or on points, checked."""

import torch
from torch import Tensor

from uniseg3d.structures import Clicks, PointScene, Superpoints
from uniseg3d.utils.errors import DataError


def clicks_at(
    positions: Tensor,
    scene: PointScene,
    superpoints: Superpoints,
    prompt: Tensor | None = None,
    positive: Tensor | None = None,
    max_distance: float = 0.1,
) -> Clicks:
    """Clicks on the points that are nearest to ``positions`` [C, 3], metres, in the coordinates of ``scene``.

    ``prompt`` and ``positive`` as for :func:`clicks_on`. A position farther than ``max_distance`` metres from every point is
    refused: the user has missed the cloud.
    """
    if positions.ndim != 2 or positions.shape[1] != 3:
        raise DataError(f'scene {scene.scene_id}: click positions must have shape (clicks, 3), got {tuple(positions.shape)}')
    # the faster way over products loses centimetres far from the origin
    distances = torch.cdist(positions.to(scene.xyz), scene.xyz, compute_mode='donot_use_mm_for_euclid_dist')  # [C, N]
    distance, point = distances.min(1)
    missed = torch.nonzero(~(distance <= max_distance))[:, 0].tolist()  # so written, a NaN counts as missed
    if missed:
        place = ', '.join(f'{value:.2f}' for value in positions[missed[0]].tolist())
        raise DataError(
            f'scene {scene.scene_id}: click {missed[0]} at ({place}) lies {float(distance[missed[0]]):.2f} m from the nearest '
            f'point; expected at most {max_distance:g} m: click on the cloud, or allow a larger distance'
        )
    return clicks_on(point, superpoints, prompt, positive)


def clicks_on(points: Tensor, superpoints: Superpoints, prompt: Tensor | None = None, positive: Tensor | None = None) -> Clicks:
    """Clicks on the points [C] with these indices.

    ``prompt`` [C] int64, non-decreasing: which object each click is about; by default each is about another one.
    ``positive`` [C] bool: false = "not this"; by default all are positive.
    """
    count = len(superpoints.ids)
    wrong = torch.nonzero((points < 0) | (points >= count))[:, 0].tolist()
    if wrong:
        raise DataError(f'click {wrong[0]} is on point {int(points[wrong[0]])}; expected an index from 0 to {count - 1}')
    return Clicks(
        points,
        superpoints.ids[points],
        torch.arange(len(points), device=points.device) if prompt is None else prompt,
        torch.ones_like(points, dtype=torch.bool) if positive is None else positive,
    )
