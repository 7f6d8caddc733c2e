"""Which images are shown to a two-view network together."""

import re

from uniseg3d.utils.errors import ConfigError

Pairs = list[tuple[int, int]]
EXPECTED = 'complete, swin-W, logwin-W (both also with -noncyclic) or oneref-R'


def image_pairs(
    count: int, graph: str = 'complete', both_ways: bool = True, reach: int | None = None, ring: bool = False
) -> Pairs:
    """Ordered pairs of ``count`` images; the camera of the first of a pair is its world.

    ``graph``: ``complete``; ``swin-W``: each with the W that follow it; ``logwin-W``: with those 1, 2, 4, ... 2^(W-1) away;
    ``oneref-R``: image R with every other. The windows are rings unless the name ends in ``-noncyclic``. ``both_ways`` adds
    every pair the other way round. ``reach`` keeps pairs that are at most so many images apart, around a ring if ``ring``.
    """
    if count < 2:
        raise ConfigError(f'{count} image makes no pair; give at least two (one image may be given twice)')
    pairs = _named(count, graph)
    if reach is not None:
        apart = [abs(i - j) for i, j in pairs]
        apart = [min(steps, count - steps) for steps in apart] if ring else apart
        pairs = [pair for pair, steps in zip(pairs, apart, strict=True) if steps <= reach]
    lonely = sorted(set(range(count)) - {image for pair in pairs for image in pair})
    if lonely:
        raise ConfigError(f'images {lonely} occur in no pair of graph {graph!r} with reach {reach}; widen one of them')
    return pairs + [(j, i) for i, j in pairs] if both_ways else pairs


def _named(count: int, graph: str) -> Pairs:
    found = re.fullmatch(r'(complete)|(swin|logwin)(?:-(\d{1,6}))?(-noncyclic)?|(oneref)(?:-(\d{1,6}))?', graph)
    if not found:
        raise ConfigError(f'pair graph {graph!r} is unknown; expected {EXPECTED}')
    if found[1]:
        return [(i, j) for i in range(count) for j in range(i)]
    if found[5]:
        return _with_reference(count, int(found[6] or 0))
    width = int(found[3] or 3)
    offsets = range(1, width + 1) if found[2] == 'swin' else [sign << k for k in range(min(width, 20)) for sign in (1, -1)]
    return _window(count, offsets, cyclic=not found[4])


def _window(count: int, offsets: range | list[int], cyclic: bool) -> Pairs:
    others = [(i, i + offset) for i in range(count) for offset in offsets if cyclic or 0 <= i + offset < count]
    return sorted({(min(i, j % count), max(i, j % count)) for i, j in others if i != j % count})


def _with_reference(count: int, reference: int) -> Pairs:
    if reference >= count:
        raise ConfigError(f'reference image {reference} is none of {count}; expected 0 to {count - 1}')
    return [(reference, j) for j in range(count) if j != reference]
