"""Random cameras and points for the tests of geometry."""

import torch

from uniseg3d.geometry.cameras import intrinsic_matrix
from uniseg3d.geometry.depth import depth_to_pointmap
from uniseg3d.geometry.quaternion import quaternion_to_matrix
from uniseg3d.geometry.se3 import pose_matrix


def random_rotations(*shape, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return quaternion_to_matrix(torch.randn(*shape, 4, generator=generator, dtype=dtype))


def random_poses(*shape, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed + 1000)
    return pose_matrix(
        random_rotations(*shape, seed=seed, dtype=dtype), torch.randn(*shape, 3, generator=generator, dtype=dtype)
    )


def random_points(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, 3, generator=torch.Generator().manual_seed(seed + 2000), dtype=dtype)


def relief(height, width, focal, seed=0, dtype=torch.float64):
    """A smooth surface before a camera whose principal point is the middle: its pointmap [H, W, 3]."""
    generator = torch.Generator().manual_seed(seed + 3000)
    coarse = torch.rand(1, 1, 4, 5, generator=generator, dtype=dtype)
    depth = 2 + torch.nn.functional.interpolate(coarse, (height, width), mode='bicubic', align_corners=True)[0, 0]
    middle = torch.tensor([width / 2, height / 2], dtype=dtype)
    return depth_to_pointmap(depth, intrinsic_matrix(torch.tensor(float(focal), dtype=dtype), middle))
