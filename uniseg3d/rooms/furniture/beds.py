"""Beds and mattresses."""

import numpy as np
from numpy.random import Generator

from uniseg3d.rooms.furniture.catalogue import Part, variant
from uniseg3d.rooms.furniture.pieces import four_legs
from uniseg3d.rooms.shapes import box, cushion, join, rod


def _mattress(d: float, w: float, low: float, thick: float, x: float = 0.0) -> list[Part]:
    """Mattress, on which pillows may lie, and the bedding over most of it."""
    pad = Part(cushion((d, w, thick), (x, 0, low)), 'light', headroom=0.5)
    cover = box((d * 0.66, w * 1.01, thick * 0.72), (x + d * 0.165, 0, low + thick * 0.33))
    return [pad, Part(cover)]


@variant('bed', 'headboard bed', 'bed', (1.95, 2.2), (0.95, 1.9), (0.75, 1.3))
def _headboard_bed(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    base, thick = rng.uniform(0.18, 0.34), rng.uniform(0.18, 0.26)
    frame = 'second' if rng.random() < 0.6 else 'frame'
    parts = [Part(box((0.06, w, h), (0.03 - d / 2, 0, 0)), frame), Part(box((d - 0.08, w * 0.97, base), (0.03, 0, 0)), frame)]
    if rng.random() < 0.4:
        parts.append(Part(box((0.04, w, base + thick + 0.12), (d / 2 - 0.02, 0, 0)), frame))
    return parts + _mattress(d - 0.12, w * 0.96, base, thick, 0.02)


@variant('bed', 'slatted bed', 'bed', (1.95, 2.15), (0.9, 1.6), (0.7, 1.1))
def _slatted_bed(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    base, thick = rng.uniform(0.25, 0.42), rng.uniform(0.14, 0.22)
    bars = [rod((0.025 - d / 2, y, base), (0.025 - d / 2, y, h), 0.014) for y in np.linspace(-0.42, 0.42, 7) * w]
    bars.append(rod((0.025 - d / 2, -w / 2, h - 0.02), (0.025 - d / 2, w / 2, h - 0.02), 0.02))
    frame = [four_legs(d, w, base, 0.05), box((d, w, 0.05), (0, 0, base - 0.08))]
    return [Part(join(bars + frame), 'frame'), *_mattress(d - 0.06, w * 0.97, base - 0.03, thick + 0.03, 0.03)]


@variant('bed', 'box bed', ('bed', 'bed', 'mattress'), (1.9, 2.1), (0.85, 1.8), (0.4, 0.66))
def _box_bed(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    thick = h * rng.uniform(0.4, 0.6)
    base = Part(cushion((d * 0.99, w * 0.99, h - thick + 0.02), (0, 0, 0)), 'second')
    return [base, *_mattress(d, w, h - thick, thick)]


@variant('bed', 'four-poster bed', 'bed', (2.0, 2.15), (1.2, 1.8), (1.5, 2.1), only='val')
def _four_poster_bed(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    base = rng.uniform(0.28, 0.4)
    beams = [box((d, 0.05, 0.05), (0, y * (w - 0.05) / 2, h - 0.05)) for y in (-1, 1)]
    beams += [box((0.05, w, 0.05), (x * (d - 0.05) / 2, 0, h - 0.05)) for x in (-1, 1)]
    frame = [four_legs(d, w, h, 0.06), box((d, w, 0.1), (0, 0, base - 0.1)), box((0.04, w, 0.5), (0.03 - d / 2, 0, base))]
    return [Part(join(beams + frame), 'frame'), *_mattress(d - 0.14, w - 0.14, base, 0.2)]


@variant('bed', 'sleigh bed', 'bed', (2.0, 2.2), (0.95, 1.7), (0.7, 0.95), only='val')
def _sleigh_bed(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    base = rng.uniform(0.2, 0.3)
    curl = [
        rod((x * (d / 2 - 0.07), -w / 2, z - 0.07), (x * (d / 2 - 0.07), w / 2, z - 0.07), 0.07, 10)
        for x, z in ((-1, h), (1, h * 0.8))
    ]
    ends = [box((0.05, w, z - 0.08), (x * (d / 2 - 0.05), 0, 0)) for x, z in ((-1, h), (1, h * 0.8))]
    rails = [box((d - 0.2, w, 0.2), (0, 0, base - 0.12))]
    return [Part(join(curl + ends + rails), 'second'), *_mattress(d - 0.22, w * 0.95, base + 0.06, 0.2)]
