"""Toilets, sinks and bathtubs."""

import numpy as np
from numpy.random import Generator

from uniseg3d.rooms.furniture.catalogue import Part, variant
from uniseg3d.rooms.furniture.pieces import four_legs
from uniseg3d.rooms.shapes import (
    Mesh,
    ball,
    basin,
    box,
    circle,
    cylinder,
    join,
    loft,
    revolve,
    rod,
    rounded_rectangle,
    stretch,
    tube,
)

CERAMIC = 'white white beige grey'


def _tap(x: float, y: float, z: float, reach: float) -> Mesh:
    """Water tap: a post that bends forward."""
    return tube(np.array([(x, y, z), (x, y, z + 0.14), (x + reach * 0.5, y, z + 0.18), (x + reach, y, z + 0.13)]), 0.014)


def _bowl(d: float, w: float, seat: float, x: float) -> list[Part]:
    """Toilet bowl with a foot, and its closed seat."""
    outline = rounded_rectangle(d, w, 2.4, 14)
    profile = [(0.6, 0.55, 0), (0.5, 0.5, seat * 0.4), (0.95, 0.95, seat * 0.85), (1, 1, seat)]
    lid = stretch(outline, [(1.02, 1.02, seat), (1.02, 1.02, seat + 0.03), (0.8, 0.8, seat + 0.045)], (x, 0, 0))
    return [Part(stretch(outline, profile, (x, 0, 0))), Part(lid)]


@variant('toilet', 'tank toilet', 'toilet', (0.62, 0.76), (0.36, 0.46), (0.68, 0.88), colors=CERAMIC)
def _tank_toilet(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    seat, tank = rng.uniform(0.36, 0.44), rng.uniform(0.16, 0.2)
    parts = _bowl(d - tank + 0.03, w * 0.9, seat, tank / 2 - 0.015)
    parts.append(Part(box((tank, w, h - seat - 0.02), (tank / 2 - d / 2, 0, seat - 0.02))))
    return [*parts, Part(box((tank + 0.02, w + 0.02, 0.04), (tank / 2 - d / 2 + 0.01, 0, h - 0.04)))]


@variant('toilet', 'compact toilet', 'toilet', (0.5, 0.62), (0.34, 0.4), (0.72, 0.98), colors=CERAMIC)
def _compact_toilet(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    seat = rng.uniform(0.38, 0.46)
    base = Part(box((d * 0.75, w * 0.75, seat), (-d * 0.1, 0, 0)))
    tank = cylinder(w / 2, h - seat, (w / 2 - d / 2, 0, seat), 12)
    return [
        base,
        *_bowl(d, w, seat, 0)[1:],
        Part(stretch(rounded_rectangle(d, w, 2.4, 14), [(0.9, 0.9, seat * 0.4), (1, 1, seat)])),
        Part(tank),
    ]


@variant('toilet', 'wall-hung toilet', 'toilet', (0.5, 0.64), (0.34, 0.4), (0.4, 0.5), tags='hung', colors=CERAMIC)
def _wall_hung_toilet(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    outline = rounded_rectangle(d, w, 3, 14)
    bowl = stretch(outline, [(0.6, 0.6, 0.0), (0.9, 0.9, h * 0.5), (1, 1, h - 0.03)])
    lid = stretch(outline, [(1, 1, h - 0.03), (1, 1, h)])
    block = box((0.12, w * 0.9, h - 0.06), (0.06 - d / 2, 0, 0))
    return [Part(bowl), Part(lid, 'second' if rng.random() < 0.2 else 'main'), Part(block)]


@variant('toilet', 'high-tank toilet', 'toilet', (0.58, 0.68), (0.36, 0.42), (1.6, 2.0), only='val', colors=CERAMIC)
def _high_tank_toilet(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    tank = box((0.18, w, 0.32), (0.09 - d / 2, 0, h - 0.32))
    pipe = rod((0.06 - d / 2, 0, 0.3), (0.06 - d / 2, 0, h - 0.3), 0.025)
    return [*_bowl(d, w * 0.95, rng.uniform(0.38, 0.44), 0), Part(tank), Part(pipe, 'metal')]


@variant('sink', 'rectangular sink', 'sink', (0.36, 0.44), (0.42, 0.62), (0.16, 0.24), tags='inset', colors=CERAMIC)
@variant('sink', 'oval sink', 'sink', (0.34, 0.42), (0.4, 0.52), (0.15, 0.22), tags='inset', colors=CERAMIC)
def _inset_sink(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    """The rim, wider than the hole in the counter, lies on it; the bowl hangs below."""
    plate = rounded_rectangle(d, w, 30.0, 16)
    outline = rounded_rectangle(d, w, 2.4 if w < 0.5 else 8.0, 16)
    rings = [(plate, h), (plate, h + 0.012), (outline * 0.8, h + 0.012), (outline * 0.8, h)]
    rim = loft(np.stack([np.column_stack([ring, np.full(16, z)]) for ring, z in rings]), caps=False)
    bowl = basin(outline * 0.88, h, 0.08, 0.02, foot=0.7)
    return [Part(bowl), Part(rim), Part(_tap(0.03 - d / 2, 0, h + 0.012, d * 0.4), 'metal')]


@variant('sink', 'vessel sink', 'sink', (0.34, 0.44), (0.36, 0.56), (0.11, 0.18), tags='vessel', colors=CERAMIC)
def _vessel_sink(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    outline = rounded_rectangle(d * 0.84, w, rng.choice([2.0, 6.0]), 16)
    return [Part(basin(outline, h, 0.08, 0.03, (d * 0.08, 0, 0), foot=0.6)), Part(_tap(0.03 - d / 2, 0, 0, d * 0.34), 'metal')]


@variant('sink', 'pedestal sink', 'sink', (0.42, 0.54), (0.45, 0.66), (0.74, 0.9), tags='stand', colors=CERAMIC)
def _pedestal_sink(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    column = revolve([(0.13, 0), (0.09, 0.08), (0.075, h * 0.5), (0.12, h - 0.14)], (-d * 0.1, 0, 0))
    bowl = basin(rounded_rectangle(d, w, rng.choice([2.4, 5.0]), 16), 0.18, 0.14, 0.05, (0, 0, h - 0.18), foot=0.55)
    return [Part(column), Part(bowl), Part(_tap(0.04 - d / 2, 0, h - 0.02, d * 0.35), 'metal')]


@variant('sink', 'trough sink', 'sink', (0.42, 0.5), (0.8, 1.2), (0.76, 0.9), only='val', tags='stand', colors=CERAMIC)
def _trough_sink(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    bowl = basin(rounded_rectangle(d, w, 12, 20), 0.2, 0.1, 0.05, (0, 0, h - 0.2))
    taps = [_tap(0.025 - d / 2, y * w, h - 0.01, d * 0.35) for y in (-0.25, 0.25)]
    return [Part(bowl), Part(four_legs(d * 0.8, w * 0.85, h - 0.18, 0.04), 'frame'), Part(join(taps), 'metal')]


@variant('bathtub', 'built-in bathtub', 'bathtub', (0.68, 0.85), (1.4, 1.8), (0.45, 0.64), colors=CERAMIC)
def _built_in_bathtub(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    outline = rounded_rectangle(d, w, 30, 20)
    apron = 'second' if rng.random() < 0.3 else 'main'
    tub = stretch(
        outline, [(1, 1, h - 0.05), (1, 1, h), (0.84, 0.9, h), (0.78, 0.86, h * 0.4), (0.6, 0.74, 0.12), (0.05, 0.05, 0.12)]
    )
    skirt = stretch(outline, [(1, 1, 0), (1, 1, h - 0.05)])
    return [
        Part(Mesh(skirt.vertices, skirt.faces[: 2 * len(outline)]), apron),
        Part(tub),
        Part(_tap(0.05 - d / 2, 0, h - 0.02, 0.14), 'metal'),
    ]


@variant('bathtub', 'oval bathtub', 'bathtub', (0.72, 0.9), (1.45, 1.8), (0.52, 0.7), colors=CERAMIC)
def _oval_bathtub(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    outline = rounded_rectangle(d, w, rng.uniform(2.2, 3.0), 20)
    return [Part(basin(outline, h, 0.1, 0.14, foot=rng.uniform(0.7, 0.85)))]


@variant('bathtub', 'slipper bathtub', 'bathtub', (0.7, 0.82), (1.45, 1.75), (0.55, 0.8), colors=CERAMIC)
def _slipper_bathtub(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    tub = basin(rounded_rectangle(d, w, 2.6, 20), h * 0.75, 0.1, 0.14, foot=0.72)
    lift = np.clip(tub.vertices[:, 1] / w, 0, 0.5) * 2
    raised = tub.vertices + np.stack([0 * lift, 0 * lift, lift * (tub.vertices[:, 2] / (h * 0.75)) * h * 0.25], 1)
    return [Part(Mesh(raised, tub.faces))]


@variant('bathtub', 'claw-foot bathtub', 'bathtub', (0.7, 0.82), (1.45, 1.75), (0.58, 0.72), only='val', colors=CERAMIC)
def _claw_foot_bathtub(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    foot = 0.14
    tub = basin(rounded_rectangle(d, w, 2.5, 20), h - foot + 0.02, 0.08, 0.06, (0, 0, foot - 0.02), foot=0.6)
    feet = [ball((0.09, 0.09, foot + 0.09), (x * d * 0.25, y * w * 0.27, 0), 8) for x in (-1, 1) for y in (-1, 1)]
    return [Part(tub), Part(join(feet), 'metal')]


@variant('bathtub', 'round bathtub', 'bathtub', (1.1, 1.35), (1.1, 1.35), (0.5, 0.68), only='val', colors=CERAMIC)
def _round_bathtub(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    side = min(d, w)
    return [Part(basin(circle(side / 2, 20), h, 0.12, 0.14, foot=0.95))]
