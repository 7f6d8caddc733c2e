"""Small clouds of gaussians, and cameras that see them."""

import torch
from torch import Tensor

from uniseg3d.geometry.quaternion import quaternion_to_matrix
from uniseg3d.ops.rasterize import Cameras


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
