"""A synthetic scene whose pairs are known exactly: cameras around a bumpy wall, each pair in a scale of its own."""

from typing import NamedTuple

import torch
from torch import Tensor

from uniseg3d.geometry.cameras import intrinsic_matrix
from uniseg3d.geometry.depth import depth_to_pointmap, pixel_grid
from uniseg3d.geometry.pair_maps import PairMaps
from uniseg3d.geometry.se3 import apply_pose, invert_pose, pose_matrix, small_motion


class Scene(NamedTuple):
    poses: Tensor  # [N, 4, 4]
    intrinsics: Tensor  # [N, 3, 3]
    depths: list[Tensor]  # N x [H, W]
    points: list[Tensor]  # N x [H, W, 3]


def make_scene(sizes: list[tuple[int, int]], focal: float = 40.0, seed: int = 0) -> Scene:
    """Images of ``sizes`` (H, W); float32."""
    generator = torch.Generator().manual_seed(seed)
    count = len(sizes)
    turns = torch.randn(count, 6, generator=generator, dtype=torch.float64) * torch.tensor([0.1] * 3 + [0.4] * 3)
    poses = torch.stack([small_motion(turn) for turn in turns])
    focals = focal * (1 + 0.1 * torch.rand(count, generator=generator, dtype=torch.float64))
    middles = torch.tensor([[width / 2, height / 2] for height, width in sizes], dtype=torch.float64)
    matrices = intrinsic_matrix(focals, middles)
    depths = [_bumps(*size, generator) for size in sizes]
    points = [depth_to_pointmap(depth, k, pose) for depth, k, pose in zip(depths, matrices, poses, strict=True)]
    return Scene(poses.float(), matrices.float(), [d.float() for d in depths], [p.float() for p in points])


def _bumps(height: int, width: int, generator: torch.Generator) -> Tensor:
    waves = torch.rand(4, generator=generator, dtype=torch.float64) * 0.3 + 0.1
    u, v = pixel_grid(height, width, waves).unbind(-1)
    return 2 + 0.5 * (u * waves[0]).sin() * (v * waves[1]).cos() + 0.3 * (u * waves[2] + v * waves[3]).sin()


def make_maps(scene: Scene, pairs: list[tuple[int, int]], noise: float = 0.0, seed: int = 1) -> PairMaps:
    """What a network without fault but for ``noise`` would say: each pair in its first camera, scaled at random."""
    generator = torch.Generator().manual_seed(seed)
    points, confidence = [], []
    for first, second in pairs:
        scale = 0.5 + torch.rand((), generator=generator)
        seen = [scale * apply_pose(invert_pose(scene.poses[first]), scene.points[image]) for image in (first, second)]
        points.append(tuple(part + noise * torch.randn(part.shape, generator=generator) for part in seen))
        confidence.append(tuple(2 + 8 * torch.rand(part.shape[:2], generator=generator) for part in seen))
    return PairMaps.of([tuple(depth.shape) for depth in scene.depths], pairs, points, confidence)


def relative_to_first(poses: Tensor) -> Tensor:
    """Poses [N, 4, 4] in the first camera, in units of the mean distance from it."""
    relative = invert_pose(poses[:1]) @ poses
    return pose_matrix(relative[:, :3, :3], relative[:, :3, 3] / relative[1:, :3, 3].norm(dim=-1).mean())
