"""Many pairs of pointmaps to one scene: a depth map and a camera per image."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from uniseg3d.geometry.alignment_start import start_from_cameras, start_from_tree
from uniseg3d.geometry.alignment_variables import KnownCameras, Objective, SceneVariables
from uniseg3d.geometry.pair_maps import PairMaps
from uniseg3d.utils.errors import ConfigError, DivergenceError

BETAS = (0.9, 0.9)
LEAST_RATE = 1e-6


@dataclass(frozen=True)
class AlignmentOptions:
    """How to optimise. ``schedule`` is that of the learning rate: 'cosine' or 'linear', to almost zero.

    ``weight`` of a pixel follows from its confidence; ``squared`` distances count far points more.
    """

    iterations: int = 300
    rate: float = 0.01
    schedule: str = 'cosine'
    weight: str = 'log'
    squared: bool = False
    learn_centres: bool = False  # principal points
    learn_adaptors: bool = False  # a stretch of every pair along its view axis

    def __post_init__(self) -> None:
        if self.schedule not in ('cosine', 'linear') or self.iterations < 0:
            raise ConfigError(
                f'schedule {self.schedule!r} must be cosine or linear, and {self.iterations} iterations not negative'
            )

    def rate_at(self, iteration: int) -> float:
        share = iteration / self.iterations
        if self.schedule == 'cosine':
            return LEAST_RATE + (self.rate - LEAST_RATE) * (1 + math.cos(math.pi * share)) / 2
        return self.rate + (LEAST_RATE - self.rate) * share


class AlignedScene(NamedTuple):
    """N images in one world, whose scale is arbitrary unless cameras were known."""

    poses: Tensor  # [N, 4, 4] camera-to-world
    intrinsics: Tensor  # [N, 3, 3] pixels
    depths: list[Tensor]  # N x [H, W]
    points: list[Tensor]  # N x [H, W, 3] world
    confidences: list[Tensor]  # N x [H, W], the largest of any pair
    loss: float  # weighted mean distance that is left


def align_pairs(
    maps: PairMaps,
    known_poses: Tensor | None = None,  # [N, 4, 4] camera-to-world, NaN where unknown; they stay
    known_intrinsics: Tensor | None = None,  # [N, 3, 3] pixels, NaN where unknown; they stay
    options: AlignmentOptions | None = None,
) -> AlignedScene:
    """Find depths and cameras that agree best with what all pairs say. Computed in float32 on the device of ``maps``."""
    options = options or AlignmentOptions()
    known = KnownCameras.of(maps, known_poses, known_intrinsics)
    with torch.no_grad(), torch.autocast(maps.points.device.type, enabled=False):
        variables = (start_from_cameras if known.complete() else start_from_tree)(maps, known)
    return scene_of(variables, maps, optimise(variables, maps, options))


@torch.enable_grad()
def optimise(variables: SceneVariables, maps: PairMaps, options: AlignmentOptions) -> float:
    """Improve ``variables`` in place; returns the last loss."""
    objective = Objective.of(maps, options.weight, options.squared)
    names = ['log_depth', 'cameras', 'log_focal', 'transforms']
    names += ['centres'] * options.learn_centres + ['adaptors'] * options.learn_adaptors
    learned = [getattr(variables, name).requires_grad_() for name in names]
    optimizer = torch.optim.Adam(learned, options.rate, BETAS)
    with torch.autocast(maps.points.device.type, enabled=False):
        for iteration in range(options.iterations):
            optimizer.param_groups[0]['lr'] = options.rate_at(iteration)
            optimizer.zero_grad()
            objective(variables).backward()
            optimizer.step()
        with torch.no_grad():
            loss = objective(variables).item()
    if not math.isfinite(loss):
        raise DivergenceError(f'the alignment ended with loss {loss}; lower its rate of {options.rate}')
    return loss


@torch.no_grad()
def scene_of(variables: SceneVariables, maps: PairMaps, loss: float) -> AlignedScene:
    """What ``variables`` say, per image."""
    parts = variables.log_depth.exp(), variables.world_points(maps), maps.image_confidence()
    depths, points, confidences = ([maps.image_values(part[i], i).detach() for i in range(maps.images)] for part in parts)
    return AlignedScene(variables.poses().detach(), variables.intrinsics().detach(), depths, points, confidences, loss)
