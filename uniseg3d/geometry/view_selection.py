"""Which photos show an object best, and where in them it is."""

from dataclasses import dataclass

import torch
from torch import Tensor

from uniseg3d.geometry.projection import Sightings

LARGE = 0.05  # share of a photo from which on an object is large enough
OFF_CENTRE = 0.5  # what an object in the corner of a photo loses
FEWEST = 5  # points of an object that a photo must show


@dataclass(frozen=True, eq=False)
class BestViews:
    """K pairs of a mask and a view that shows it well, by mask and then from the best view on."""

    mask: Tensor  # [K] int64
    view: Tensor  # [K] int64
    boxes: Tensor  # [K, 4] float: left, top, right, bottom in pixels
    scores: Tensor  # [K] float 0..1
    visible: Tensor  # [K] float 0..1, share of the points of the mask

    def __len__(self) -> int:
        return len(self.mask)


def best_views(masks: Tensor, superpoint: Tensor, sightings: Sightings, size: tuple[int, int], count: int = 5) -> BestViews:
    """At most ``count`` views of each of the ``masks`` [n, M] bool over superpoints; ``superpoint`` [N] of each point.

    A view is the better, the larger the share of the mask's points that it shows, the larger the object is in it (up to a
    twentieth of the photo), and the nearer to the centre. ``size``: width and height of the photos.
    """
    table = SeenSuperpoints.of(sightings, superpoint, masks.shape[1])
    weights = masks.double()
    seen = weights @ table.count.T  # [n, V] points
    visible = seen / (weights @ torch.bincount(superpoint, minlength=masks.shape[1]).double()).clamp(min=1)[:, None]
    scores = visible * table.prominence(weights, seen, size)
    scores = scores.masked_fill(seen < FEWEST, 0)
    best, view = scores.topk(min(count, scores.shape[1]), dim=1)  # [n, count]
    mask, place = (best > 0).nonzero(as_tuple=True)
    view = view[mask, place]
    return BestViews(mask, view, table.boxes(masks[mask], view), best[mask, place].float(), visible[mask, view].float())


@dataclass(frozen=True, eq=False)
class SeenSuperpoints:
    """What each of V views shows of each of M superpoints, summed over points, so that no mask looks at points again."""

    count: Tensor  # [V, M] float64
    total: Tensor  # [2, V, M] float64, sums of columns and of rows
    squares: Tensor  # [2, V, M] float64
    extent: Tensor  # [4, V, M] float: left, top, right, bottom; empty boxes are inside out

    @classmethod
    def of(cls, sightings: Sightings, superpoint: Tensor, superpoints: int) -> 'SeenSuperpoints':
        """``superpoint`` [N] of each point, 0..superpoints - 1."""
        shape = (sightings.views, superpoints)
        cell = sightings.view * superpoints + superpoint[sightings.point]  # [S]
        places = torch.stack([sightings.column, sightings.row])  # [2, S]
        sums = [torch.bincount(cell, values, shape[0] * shape[1]) for values in (*places.double(), *places.double().square())]
        blank = places.new_full((4, shape[0] * shape[1]), 0).float()
        blank[:2], blank[2:] = torch.inf, -torch.inf
        spread = cell.expand(2, -1)
        low = blank[:2].scatter_reduce(1, spread, places.float(), 'amin')
        high = blank[2:].scatter_reduce(1, spread, places.float(), 'amax')
        table = torch.stack(sums).unflatten(1, shape)
        count = torch.bincount(cell, minlength=shape[0] * shape[1]).double()
        return cls(count.unflatten(0, shape), table[:2], table[2:], torch.cat([low, high]).unflatten(1, shape))

    def prominence(self, weights: Tensor, seen: Tensor, size: tuple[int, int]) -> Tensor:
        """How large and how central masks are in the views, 0..1: masks as ``weights`` [n, M], ``seen`` points [n, V]."""
        points = seen.clamp(min=1)
        mean = (weights @ self.total.mT) / points  # [2, n, V]
        spread = ((weights @ self.squares.mT) / points - mean.square()).clamp(min=0).sqrt()
        area = 12 * spread[0] * spread[1] / (size[0] * size[1])  # of the rectangle that spreads its points like this
        middle = mean.new_tensor(size)[:, None, None] / 2
        off = ((mean - middle) / middle).square().mean(0).sqrt()  # 1 in a corner
        return (area / LARGE).clamp(max=1).sqrt() * (1 - OFF_CENTRE * off.clamp(max=1))

    def boxes(self, masks: Tensor, view: Tensor) -> Tensor:
        """Extent [K, 4] of what the views ``view`` [K] show of the masks [K, M]."""
        extent = self.extent[:, view]  # [4, K, M]
        low = torch.where(masks, extent[:2], torch.inf).amin(2)
        high = torch.where(masks, extent[2:], -torch.inf).amax(2)
        return torch.cat([low, high]).T


def superpoint_maps(sightings: Sightings, superpoint: Tensor, size: tuple[int, int], growth: int = 4) -> Tensor:
    """Superpoint that each pixel shows [V, H, W] int64, -1 = unknown; ``size`` = width and height.

    Points are sparser than pixels, so each pixel without a point takes a superpoint from at most ``growth`` pixels away.
    """
    maps = torch.full((sightings.views, size[1], size[0]), -1.0, device=superpoint.device)
    maps[sightings.view, sightings.row, sightings.column] = superpoint[sightings.point].float()
    for _ in range(growth):
        grown = torch.nn.functional.max_pool2d(maps[:, None], 3, stride=1, padding=1)[:, 0]
        maps = torch.where(maps < 0, grown, maps)
    return maps.long()
