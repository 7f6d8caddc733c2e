"""B18 features of pixels as features of points: frames of 512 channels, added one after the other to 150 000 points."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from benchmarks.checks import require_close
from benchmarks.timing import Item, Settings
from uniseg3d.geometry.projection import Sightings
from uniseg3d.priors.lifting import ViewAverage
from uniseg3d.priors.pixel_experts import IndexedMap

SIZE, CHANNELS = (240, 320), 512
SHOWN = 0.1  # share of the points that a frame shows: 15 000 of 150 000
Add = Callable[[Sightings, Tensor, Tensor], None]  # what a frame shows, its map, and the sums [N, C]


def lifting(settings: Settings) -> Iterator[Item]:
    """One frame, of which a scene has some 300: three ways to add it up. Sums and counts exist already."""
    generator = torch.Generator().manual_seed(0)
    for points in settings.sizes_or(150_000):
        sightings = _sightings(points, generator)
        size = f'a frame of {SIZE[1]} x {SIZE[0]}, {points} points, {CHANNELS} channels'
        yield _features(sightings, size, generator)
        yield _sentences(sightings, size, generator)


def _features(sightings: Sightings, size: str, generator: torch.Generator) -> Item:
    maps = torch.randn(CHANNELS, *SIZE, generator=generator).half()
    average = ViewAverage(sightings, CHANNELS, SIZE)
    ways: dict[str, Add] = {'every point': every_point, 'seen points': seen_points}
    sums = {name: torch.zeros(sightings.points, CHANNELS) for name in ways}
    works: dict[str, Callable[[], object]] = {
        name: lambda add=add, total=sums[name]: add(sightings, maps, total) for name, add in ways.items()
    }
    works['ours'] = lambda: average.add(0, maps)
    for work in works.values():
        work()
    for name, total in (('seen points', sums['seen points']), ('ours', average.total)):
        require_close('B18', name, total, sums['every point'], 1e-3)
    return Item('B18', 'lifting', size, 'every point', works)


def _sentences(sightings: Sightings, size: str, generator: torch.Generator) -> Item:
    """A map of sentences beside the same as features."""
    ids, table = torch.randint(0, 40, SIZE, generator=generator), torch.randn(40, CHANNELS, generator=generator)
    shown = {'as features': table[ids].permute(2, 0, 1).contiguous(), 'as sentences': IndexedMap(ids, table)}
    averages = {name: ViewAverage(sightings, CHANNELS, SIZE) for name in shown}
    works: dict[str, Callable[[], object]] = {
        name: lambda one=one, average=averages[name]: average.add(0, one) for name, one in shown.items()
    }
    return Item('B18', 'maps of sentences', size, 'as features', works)


def _sightings(points: int, generator: torch.Generator) -> Sightings:
    point = torch.randperm(points, generator=generator)[: int(SHOWN * points)].sort().values
    row, column = (torch.randint(10, side - 10, (len(point),), generator=generator) for side in SIZE)
    return Sightings(torch.zeros_like(point), point, row, column, 1, points)


def every_point(seen: Sightings, maps: Tensor, total: Tensor) -> None:
    """As the published programs: the map is read at a pixel for every point, then the visible rows are kept."""
    mapping, mask = torch.zeros(seen.points, 2, dtype=torch.int64), torch.zeros(seen.points, dtype=torch.bool)
    mapping[seen.point, 0], mapping[seen.point, 1], mask[seen.point] = seen.row, seen.column, True
    values = maps[:, mapping[:, 0], mapping[:, 1]].T
    total[mask] += values[mask]


def seen_points(seen: Sightings, maps: Tensor, total: Tensor) -> None:
    """Plain indexing of the pixels that show a point."""
    total[seen.point] += maps[:, seen.row, seen.column].T.float()
