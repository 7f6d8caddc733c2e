"""Surface normals of unit length: of clouds, whose sign is open, and of pointmaps, which look at their camera."""

import torch
from torch import Tensor
from torch.nn.functional import normalize

from uniseg3d.geometry.neighbors import PointTree

CHUNK = 2**18  # points whose neighbours are held at a time: 30 of them take 190 MB


def cloud_normals(points: Tensor, neighbors: int = 30) -> Tensor:
    """Normals [N, 3] of points [N, 3]: where the nearest ``neighbors`` (the point among them) spread least.

    Points with fewer than two distinct others near them get some direction.
    """
    if not len(points):
        return points.clone()
    tree = PointTree(points)
    return torch.cat([_least_spread(points, tree.neighbors(part, neighbors)) for part in points.split(CHUNK)])


def _least_spread(points: Tensor, index: Tensor) -> Tensor:
    near = points[index].double()  # [n, K, 3]
    near = near - near.mean(1, keepdim=True)
    return torch.linalg.eigh(near.mT @ near).eigenvectors[..., 0].to(points.dtype)


def pointmap_normals(points: Tensor) -> Tensor:
    """Normals [..., H, W, 3] of pointmaps [..., H, W, 3] in the camera's frame, turned to the camera.

    From the differences of the neighbours in a row and in a column, one-sided at the border; zero where they do not span a
    plane. H, W >= 2.
    """
    across, down = _differences(points, -2), _differences(points, -3)
    normal = normalize(torch.linalg.cross(down, across, dim=-1), dim=-1)
    away = (normal * points).sum(-1, keepdim=True) > 0
    return torch.where(away, -normal, normal)


def _differences(points: Tensor, dim: int) -> Tensor:
    """Next minus previous along ``dim``; at the ends the point itself stands for the one that is missing."""
    last = points.shape[dim] - 1
    steps = torch.arange(last + 1, device=points.device)
    return points.index_select(dim, (steps + 1).clamp(max=last)) - points.index_select(dim, (steps - 1).clamp(min=0))
