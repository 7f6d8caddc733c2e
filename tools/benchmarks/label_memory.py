"""B19: memory that labels of a drawn view take, by masks of queries and by a table of queries and classes."""

import multiprocessing
from collections.abc import Iterator

import torch
from torch import Tensor

from benchmarks.checks import require_close
from benchmarks.gaussians import CLASSES, QUERIES, SIDE, photo_gaussians
from benchmarks.timing import Row, Settings
from benchmarks.unet import _peak as megabytes_at_most
from uniseg3d.ops.rasterize import rasterize

WAYS = ('table of queries and classes', 'masks of queries')


def label_memory(settings: Settings) -> Iterator[Row]:
    """Peak of a process of its own over what the scene itself takes, for each way; both ways agree first on a small view."""
    side = max(settings.sizes_or(SIDE))
    small = [drawn_labels(way, min(side, 32)) for way in WAYS]
    require_close('B19', WAYS[1], small[1], small[0], 1e-5)
    peaks = {way: _apart(way, side) for way in WAYS}
    for way, peak in peaks.items():
        ratio = peak / peaks[WAYS[0]]
        place = ('B19', 'memory of labels of one view', f'2 x {side} x {side} gaussians, {QUERIES} queries', way, WAYS[0])
        yield Row(*place, settings.threads, 'cpu', ratio, ratio, ratio, unit='MB', value=peak)


def drawn_labels(way: str, side: int) -> Tensor:
    """What the queries say of every class and pixel [C, H, W]."""
    return _drawn(way, *_scene(side))


def _scene(side: int) -> tuple:
    scene, cameras = photo_gaussians(side, 'cpu')
    generator = torch.Generator().manual_seed(1)
    masks = torch.rand(len(scene['means']), QUERIES, generator=generator)
    classes = torch.rand(QUERIES, CLASSES, generator=generator).softmax(1)
    return {name: scene[name] for name in ('means', 'covariances', 'opacities')}, cameras, masks, classes


def _drawn(way: str, shape: dict[str, Tensor], cameras: object, masks: Tensor, classes: Tensor) -> Tensor:
    by_table = way == WAYS[0]
    features = (masks[:, :, None] * classes).flatten(1) if by_table else masks
    drawn = rasterize(**shape, features=features, cameras=cameras).features  # type: ignore[arg-type]
    assert drawn is not None
    if by_table:
        return drawn[0].unflatten(0, (QUERIES, CLASSES)).amax(0)
    return torch.stack([(drawn[0] * column[:, None, None]).amax(0) for column in classes.unbind(1)])


def _apart(way: str, side: int) -> float:
    """Megabytes that a fresh process needs."""
    with multiprocessing.get_context('spawn').Pool(1) as pool:
        return pool.apply(_peak, (way, side))


def _peak(way: str, side: int) -> float:
    torch.set_num_threads(1)
    drawn_labels(way, 16)  # what is loaded and compiled on first use is not counted
    parts = _scene(side)
    before = megabytes_at_most('cpu')
    _drawn(way, *parts)
    return megabytes_at_most('cpu') - before
