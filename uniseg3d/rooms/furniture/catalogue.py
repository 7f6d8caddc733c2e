"""The list of furniture variants: what each is called, how large it may be, and in which split it appears."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from uniseg3d.rooms.shapes import Mesh

Range = tuple[float, float]

HELD_OUT_SHARE = 0.4  # of the draws for val rooms


@dataclass(frozen=True)
class Part:
    """One solid of a piece of furniture, in the furniture's frame: front along +x, middle of the underside at 0."""

    mesh: Mesh
    slot: str = 'main'  # row of materials.SLOTS that paints it
    headroom: float = 0.0  # > 0: other things may stand on its top, up to this height in metres


Shape = Callable[[np.random.Generator, float, float, float], list[Part]]


@dataclass(frozen=True)
class Variant:
    """A parametric shape: ``shape(rng, depth, width, height)`` fills that box exactly or stays inside it."""

    kind: str  # name of the ScanNet class it belongs to, or 'clutter'
    name: str
    raw_categories: tuple[str | None, ...]  # one is drawn; None = not annotated
    depth: Range  # metres along its own x
    width: Range  # along y
    height: Range  # along z
    splits: tuple[str, ...]
    tags: frozenset[str]  # what it suits, for example 'desk' or 'wall'
    colors: tuple[str, ...]  # words of its main colour, empty = any
    shape: Shape

    @property
    def usual_size(self) -> float:
        """Geometric mean of its three middle extents, metres."""
        return float(np.prod([sum(extent) / 2 for extent in (self.depth, self.width, self.height)]) ** (1 / 3))


VARIANTS: dict[str, list[Variant]] = {}


def variant(
    kind: str,
    name: str,
    raw: str | Sequence[str | None] | None,
    depth: Range,
    width: Range,
    height: Range,
    *,
    only: str | None = None,
    tags: str = '',
    colors: str = '',
) -> Callable[[Shape], Shape]:
    """Register the decorated shape. ``only='val'`` keeps it out of training rooms; tags and colors: words."""
    raws = (raw,) if raw is None or isinstance(raw, str) else tuple(raw)

    def register(shape: Shape) -> Shape:
        splits = (only,) if only else ('train', 'val')
        new = Variant(kind, name, raws, depth, width, height, splits, frozenset(tags.split()), tuple(colors.split()), shape)
        VARIANTS.setdefault(kind, []).append(new)
        return shape

    return register


def suitable(kind: str, split: str, tag: str = '') -> list[Variant]:
    """Variants of a class that a split may use and that carry ``tag`` (if given)."""
    return [one for one in VARIANTS[kind] if split in one.splits and (not tag or tag in one.tags)]


def pick(rng: np.random.Generator, kind: str, split: str, tag: str = '') -> Variant:
    """Draw a variant. In val rooms the held-out ones get a large share, so that they really are tested."""
    choices = suitable(kind, split, tag)
    held_out = [one for one in choices if 'train' not in one.splits]
    if held_out and len(held_out) < len(choices):
        known = [one for one in choices if 'train' in one.splits]
        choices = held_out if rng.random() < HELD_OUT_SHARE else known
    return choices[rng.integers(len(choices))]
