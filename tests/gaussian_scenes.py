"""Small clouds of gaussians, and cameras that see them."""

import torch
from torch import Tensor

from uniseg3d.geometry.quaternion import quaternion_to_matrix
from uniseg3d.ops.rasterize import Cameras
from uniseg3d.structures import Gaussians


def covariances(scales: Tensor, quaternions: Tensor) -> Tensor:
    turned = quaternion_to_matrix(quaternions) * scales[:, None]
    return turned @ turned.mT


def cloud(count: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> dict[str, Tensor]:
    """Gaussians of a few pixels in front of ``look``'s cameras, some of them beside the image or nearly opaque."""
    generator = torch.Generator().manual_seed(seed)

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator, dtype=dtype)

    means = (uniform(count, 3) - 0.5) * 2 * torch.tensor([1.3, 1.0, 0.8], dtype=dtype)
    means[:, 2] += 2
    return {
        'means': means,
        'covariances': covariances(0.02 + 0.1 * uniform(count, 3), uniform(count, 4) - 0.5),
        'opacities': 0.1 + 0.899 * uniform(count),
        'harmonics': uniform(count, 3, 16) - 0.5,
        'features': uniform(count, 2),
    }


def look(views: int = 1, size: tuple[int, int] = (20, 28), dtype: torch.dtype = torch.float64) -> Cameras:
    """Cameras side by side with a principal point off the middle."""
    pose = torch.eye(4, dtype=dtype).repeat(views, 1, 1)
    pose[:, 0, 3] = 0.2 * torch.arange(views)
    camera = torch.tensor([[30.0, 0, size[1] / 2 + 1], [0, 28, size[0] / 2 - 2], [0, 0, 1]], dtype=dtype)
    return Cameras(pose, camera.repeat(views, 1, 1), size)


SIZE = 24


def wall(distance: float, left: float, right: float, color: float) -> dict[str, torch.Tensor]:
    """A sheet of opaque gaussians across some columns of what ``camera`` sees."""
    columns = torch.arange(-1, 1.01, 0.1)
    columns = columns[(columns >= left) & (columns <= right)]
    x, y = torch.meshgrid(columns, torch.arange(-1, 1.01, 0.1), indexing='ij')
    means = torch.stack([x.flatten() * distance, y.flatten() * distance, torch.full_like(x, distance).flatten()], 1)
    count = len(means)
    harmonics = torch.zeros(count, 3, 1)
    harmonics[:, 0] = (color - 0.5) / 0.28209479
    rotation = torch.tensor([1.0, 0, 0, 0]).expand(count, 4)
    scales = torch.full((count, 3), 0.08 * distance)
    return {
        'means': means,
        'scales': scales,
        'quaternions': rotation,
        'opacities': torch.full((count,), 0.95),
        'harmonics': harmonics,
    }


def scene(**labels) -> tuple[Gaussians, int]:
    """A wall on the left and a farther one on the right; how many gaussians the first has."""
    parts = wall(2, -1, -0.05, 1.0), wall(3, 0.05, 1, 0.2)
    joined = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
    return Gaussians(**joined, **labels), len(parts[0]['means'])


def camera(center: float = (SIZE - 1) / 2) -> Cameras:
    focal = SIZE / 2
    matrix = torch.tensor([[[focal, 0, center], [0, focal, (SIZE - 1) / 2], [0, 0, 1]]])
    return Cameras(torch.eye(4)[None], matrix, (SIZE, SIZE))


def labelled(**more) -> Gaussians:
    gaussians, first = scene()
    labels = torch.arange(len(gaussians)) >= first
    gaussians.semantic, gaussians.instance = labels.long() + 2, labels.long() + 1
    for name, value in more.items():
        setattr(gaussians, name, value)
    return gaussians
