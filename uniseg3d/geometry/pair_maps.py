"""What a two-view network says about many pairs of images."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from uniseg3d.geometry.depth import pixel_grid
from uniseg3d.geometry.focal import focal_weiszfeld
from uniseg3d.utils.errors import DataError


@dataclass(eq=False)
class PairMaps:
    """Pointmaps of E ordered pairs of N images, both maps of a pair in the camera of its first image.

    Images may differ in size: their P pixels are those of the largest, in raster order, and what an image lacks has
    confidence 0 and the point 0.
    """

    sizes: list[tuple[int, int]]  # N: H, W
    pairs: Tensor  # [E, 2] int64, first and second image
    points: Tensor  # [E, 2, P, 3], of the first and of the second image
    confidence: Tensor  # [E, 2, P], at least 1 where the image has a pixel

    @classmethod
    def of(
        cls,
        sizes: Sequence[tuple[int, int]],
        pairs: Sequence[tuple[int, int]],
        points: Sequence[tuple[Tensor, Tensor]],  # E: [H, W, 3] of the first and of the second image
        confidence: Sequence[tuple[Tensor, Tensor]],  # E: [H, W]
    ) -> 'PairMaps':
        """Join the answers of ``pairs``; every image must occur in one."""
        _check(sizes, pairs, points)
        area = max(height * width for height, width in sizes)
        joined = [torch.stack([_padded(part.flatten(0, 1), area) for part in both]) for both in points]
        weights = [torch.stack([_padded(part.flatten()[:, None], area)[:, 0] for part in both]) for both in confidence]
        maps = cls(list(sizes), torch.tensor(pairs, device=joined[0].device), torch.stack(joined), torch.stack(weights))
        if not (maps.points.isfinite().all() and maps.confidence.isfinite().all()):
            raise DataError('pointmaps contain NaN or Inf; look for images that do, or compute in float32')
        return maps

    @property
    def images(self) -> int:
        return len(self.sizes)

    @property
    def pixel_counts(self) -> Tensor:
        """[N]"""
        return torch.tensor([height * width for height, width in self.sizes], device=self.pairs.device)

    @cached_property
    def pixel_positions(self) -> Tensor:
        """(u, v) of the pixels of every image [N, P, 2]; 0 beyond."""
        grids = [pixel_grid(height, width, self.points).flatten(0, 1) for height, width in self.sizes]
        return torch.stack([_padded(grid, self.points.shape[2]) for grid in grids])

    def pointmap(self, pair: int, role: int) -> Tensor:
        """[H, W, 3] of the first (role 0) or second (1) image of a pair."""
        return self.image_values(self.points[pair, role], int(self.pairs[pair, role]))

    def image_values(self, values: Tensor, image: int) -> Tensor:
        """Values [P, ...] of the pixels of one image as [H, W, ...]."""
        height, width = self.sizes[image]
        return values[: height * width].unflatten(0, (height, width))

    def focal(self, pair: int) -> Tensor:
        """Focal length [] of the first image of a pair; its long side where the points fit no camera."""
        points = self.pointmap(pair, 0)
        focal = focal_weiszfeld(points)
        return torch.where(focal > 0, focal, float(max(points.shape[:2])))

    def mean_confidence(self) -> Tensor:
        """Of both maps of every pair [E, 2]."""
        return self.confidence.sum(-1) / self.pixel_counts[self.pairs]

    def scores(self) -> Tensor:
        """How sure both maps of a pair are together [E]."""
        return self.mean_confidence().prod(-1)

    def image_confidence(self) -> Tensor:
        """The largest confidence of every pixel over all pairs [N, P]."""
        rows = self.pairs.flatten()[:, None].expand(-1, self.confidence.shape[-1])
        start = self.confidence.new_zeros(self.images, self.confidence.shape[-1])
        return start.scatter_reduce(0, rows, self.confidence.flatten(0, 1), 'amax')


def _padded(values: Tensor, area: int) -> Tensor:
    return F.pad(values, (0, 0, 0, area - len(values)))


def _check(sizes: Sequence[tuple[int, int]], pairs: Sequence[tuple[int, int]], points: Sequence[tuple[Tensor, Tensor]]) -> None:
    missing = sorted(set(range(len(sizes))) - {image for pair in pairs for image in pair})
    if missing or not pairs:
        raise DataError(f'images {missing} occur in no pair; every image must be seen together with another')
    for pair, maps in zip(pairs, points, strict=True):
        shapes = [tuple(part.shape) for part in maps]
        expected = [(*sizes[image], 3) for image in pair]
        if shapes != expected:
            raise DataError(f'pair {pair}: pointmaps have shapes {shapes}; expected {expected}, the sizes of its images')
