"""Tables, desks and counters."""

import numpy as np
from numpy.random import Generator

from uniseg3d.rooms.furniture.catalogue import Part, variant
from uniseg3d.rooms.furniture.pieces import board, four_legs, fronts, handles, slanted
from uniseg3d.rooms.shapes import box, cylinder, join, prism, revolve, rounded_rectangle


@variant('table', 'rectangular table', ('table', 'dining table'), (0.7, 1.0), (1.0, 2.0), (0.66, 0.82), tags='dining')
@variant('table', 'low rectangular table', ('coffee table', 'table'), (0.45, 0.75), (0.8, 1.35), (0.34, 0.56), tags='coffee')
@variant('table', 'small square table', ('end table', 'table'), (0.38, 0.6), (0.38, 0.6), (0.42, 0.72), tags='end')
def _rectangular_table(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    top = rng.uniform(0.025, 0.06)
    parts = [
        board((d, w, top), (0, 0, h - top)),
        Part(four_legs(d * 0.96, w * 0.96, h - top, rng.uniform(0.035, 0.08)), 'frame'),
    ]
    if rng.random() < 0.5:
        parts.append(Part(box((d * 0.86, w * 0.88, 0.07), (0, 0, h - top - 0.07)), 'frame'))
    if h < 0.6 and rng.random() < 0.5:
        parts.append(board((d * 0.86, w * 0.88, 0.02), (0, 0, h * 0.3), headroom=h * 0.4))
    return parts


@variant('table', 'round pedestal table', ('table', 'dining table'), (0.8, 1.25), (0.8, 1.25), (0.68, 0.8), tags='dining')
@variant('table', 'low round table', ('coffee table', 'table'), (0.55, 0.95), (0.55, 0.95), (0.34, 0.55), tags='coffee')
@variant('table', 'small round table', ('end table', 'table'), (0.36, 0.55), (0.36, 0.55), (0.45, 0.72), tags='end')
def _round_table(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    radius, top = min(d, w) / 2, rng.uniform(0.025, 0.05)
    plate = Part(cylinder(radius, top, (0, 0, h - top), 16), headroom=9.0)
    if rng.random() < 0.6:
        foot = [(radius * 0.6, 0), (radius * 0.6, 0.03), (0.06, 0.06), (0.04, h * 0.5), (0.07, h - top)]
        return [plate, Part(revolve(foot), 'frame')]
    return [plate, Part(four_legs(radius * 1.4, radius * 1.4, h - top, 0.05, splay=0.06), 'frame')]


@variant('table', 'trestle table', ('table', 'dining table'), (0.72, 0.95), (1.2, 2.1), (0.68, 0.8), tags='dining')
def _trestle_table(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    parts = [board((d, w, 0.045), (0, 0, h - 0.045))]
    for y in (-w * 0.34, w * 0.34):
        parts.append(Part(box((d * 0.8, 0.07, 0.06), (0, y, 0)), 'frame'))
        parts.append(Part(box((0.12, 0.06, h - 0.1), (0, y, 0.06)), 'frame'))
    return [*parts, Part(box((0.05, w * 0.68, 0.08), (0, 0, h * 0.35)), 'frame')]


@variant('table', 'drum table', ('end table', 'coffee table'), (0.4, 0.7), (0.4, 0.7), (0.36, 0.6), tags='end coffee')
def _drum_table(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    radius = min(d, w) / 2
    return [Part(cylinder(radius * rng.uniform(0.7, 1.0), h, sides=14, top=radius), headroom=9.0)]


@variant('table', 'oval table', ('table', 'dining table'), (0.8, 1.1), (1.3, 2.0), (0.66, 0.8), only='val', tags='dining')
@variant('table', 'low oval table', ('table', 'side table'), (0.5, 0.75), (0.8, 1.3), (0.36, 0.56), only='val', tags='coffee')
def _oval_table(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    plate = Part(prism(rounded_rectangle(d, w, 2.3, 18), 0.04, (0, 0, h - 0.04)), headroom=9.0)
    bars = []
    for y in (-w * 0.28, w * 0.28):
        bars += [
            slanted((-d * 0.35, y, 0.0), (d * 0.35, y, h - 0.03), 0.025),
            slanted((d * 0.35, y, 0.0), (-d * 0.35, y, h - 0.03), 0.025),
        ]
    return [plate, Part(join(bars), 'frame')]


@variant('table', 'half-moon table', ('side table', 'round table'), (0.35, 0.5), (0.7, 1.1), (0.6, 0.8), only='val', tags='end')
def _half_moon_table(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    angles = np.linspace(-np.pi / 2, np.pi / 2, 9)
    outline = np.stack([np.cos(angles) * d - d / 2, np.sin(angles) * w / 2], 1)
    legs = [box((0.04, 0.04, h - 0.03), (0.02 - d / 2, y * (w / 2 - 0.06), 0)) for y in (-1, 1)]
    legs.append(box((0.04, 0.04, h - 0.03), (d / 2 - 0.06, 0, 0)))
    return [Part(prism(outline, 0.03, (0, 0, h - 0.03)), headroom=9.0), Part(join(legs), 'frame')]


@variant('desk', 'drawer desk', 'desk', (0.55, 0.8), (1.0, 1.7), (0.68, 0.82))
def _drawer_desk(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    block, side = rng.uniform(0.32, 0.45), 1 if rng.random() < 0.5 else -1
    y = side * (w - block) / 2
    parts = [board((d, w, 0.035), (0, 0, h - 0.035)), Part(box((d * 0.94, block, h - 0.035), (-d * 0.03, y, 0)))]
    parts.append(Part(box((d * 0.94, 0.03, h - 0.035), (0, -side * (w - 0.03) / 2, 0))))
    x = d * 0.44 + 0.005
    parts.append(Part(fronts(x, block, 0.05, h - 0.05, 1, 3).moved(0, y), 'second' if rng.random() < 0.4 else 'main'))
    parts.append(Part(handles(x + 0.015, block, 0.05, h - 0.05, 1, 3).moved(0, y), 'metal'))
    return [*parts, Part(box((0.02, w - block, h * 0.45), (0.03 - d / 2, -side * block / 2, h * 0.5)))]


@variant('desk', 'frame desk', 'desk', (0.5, 0.8), (0.95, 1.8), (0.68, 0.8))
def _frame_desk(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    parts = [board((d, w, 0.03), (0, 0, h - 0.03)), Part(four_legs(d * 0.96, w * 0.97, h - 0.03, 0.05), 'frame')]
    parts.append(Part(box((0.02, w * 0.9, 0.3), (0.03 - d * 0.48, 0, h - 0.36)), 'frame'))
    if rng.random() < 0.5:
        parts.append(Part(box((d * 0.8, 0.36, 0.12), (0, w / 2 - 0.27, h - 0.15)), 'second'))
    return parts


@variant('desk', 'panel desk', 'desk', (0.55, 0.8), (1.1, 1.8), (0.7, 0.8))
def _panel_desk(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    sides = [box((d, 0.04, h - 0.04), (0, y * (w - 0.04) / 2, 0)) for y in (-1, 1)]
    parts = [
        board((d, w, 0.04), (0, 0, h - 0.04)),
        Part(join(sides)),
        Part(box((0.02, w, h * 0.6), (0.08 - d / 2, 0, h * 0.36))),
    ]
    if rng.random() < 0.5:
        rise = rng.uniform(0.12, 0.2)
        parts += [board((0.22, w * 0.8, 0.02), (0.12 - d / 2, 0, h + rise), headroom=0.4)]
        parts.append(Part(join([box((0.2, 0.02, rise), (0.12 - d / 2, y * w * 0.39, h)) for y in (-1, 1)])))
    return parts


@variant('desk', 'standing desk', 'desk', (0.6, 0.8), (1.1, 1.7), (0.72, 1.05), only='val')
def _standing_desk(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    parts = [board((d, w, 0.03), (0, 0, h - 0.03))]
    for y in (-w * 0.38, w * 0.38):
        parts.append(Part(join([box((d * 0.9, 0.08, 0.04), (0, y, 0)), box((0.08, 0.06, h - 0.07), (0, y, 0.04))]), 'metal'))
    return [*parts, Part(box((0.05, w * 0.76, 0.06), (0, 0, h - 0.09)), 'metal')]


@variant('desk', 'corner desk', 'desk', (1.2, 1.5), (1.2, 1.6), (0.7, 0.78), only='val', tags='corner')
def _corner_desk(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    deep = 0.6
    parts = [board((deep, w, 0.03), (deep / 2 - d / 2, 0, h - 0.03))]
    parts.append(board((d - deep, deep, 0.03), (deep / 2, (w - deep) / 2, h - 0.03)))
    feet = [(0.04 - d / 2, 0.04 - w / 2), (deep - d / 2 - 0.04, 0.04 - w / 2), (d / 2 - 0.04, w / 2 - 0.04)]
    feet += [(0.04 - d / 2, w / 2 - 0.04), (d / 2 - 0.04, w / 2 - deep + 0.04)]
    return [*parts, Part(join([box((0.05, 0.05, h - 0.03), (x, y, 0)) for x, y in feet]), 'frame')]


@variant('counter', 'slab counter', ('kitchen counter', 'counter'), (0.55, 0.65), (0.8, 2.4), (0.03, 0.07), tags='slab')
@variant('counter', 'bathroom slab', ('bathroom counter', 'counter'), (0.45, 0.6), (0.6, 1.3), (0.03, 0.06), tags='bathslab')
def _slab_counter(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    parts = [board((d, w, h), (0, 0, 0))]
    if rng.random() < 0.5:
        parts.append(Part(box((0.015, w, rng.uniform(0.05, 0.3)), (0.008 - d / 2, 0, h))))
    return parts


@variant('counter', 'island counter', ('counter', 'kitchen counter'), (0.6, 0.95), (1.2, 2.0), (0.84, 1.08), tags='island')
def _island_counter(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    body = 'second' if rng.random() < 0.6 else 'main'
    return [board((d, w, 0.05), (0, 0, h - 0.05)), Part(box((d * rng.uniform(0.6, 0.92), w * 0.94, h - 0.05)), body)]


@variant('counter', 'panel counter', ('counter', 'kitchen counter'), (0.45, 0.65), (1.1, 1.9), (0.8, 1.1), tags='island wall')
def _panel_counter(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    parts = [
        board((d, w, 0.06), (0, 0, h - 0.06)),
        Part(join([box((d, 0.06, h - 0.06), (0, y * (w / 2 - 0.03), 0)) for y in (-1, 1)])),
    ]
    parts.append(board((d - 0.02, w - 0.12, 0.03), (0, 0, h * 0.35), 'second', headroom=0.3))
    return [*parts, Part(box((0.03, w - 0.12, h - 0.06), (0.02 - d / 2, 0, 0)), 'second')]


@variant(
    'counter',
    'two-level counter',
    ('counter', 'kitchen counter'),
    (0.7, 0.95),
    (1.3, 2.0),
    (1.0, 1.18),
    only='val',
    tags='island',
)
def _two_level_counter(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    low = h - rng.uniform(0.14, 0.25)
    parts = [
        board((d * 0.65, w, 0.04), (-d * 0.175, 0, low - 0.04)),
        Part(box((d * 0.55, w * 0.96, low - 0.04), (-d * 0.2, 0, 0)), 'second'),
    ]
    parts.append(Part(box((0.08, w * 0.96, h - 0.04), (d * 0.1 + 0.1, 0, 0)), 'second'))
    return [*parts, board((d * 0.38, w, 0.04), (d * 0.31, 0, h - 0.04))]


@variant(
    'counter', 'curved counter', ('counter', 'kitchen counter'), (0.6, 0.8), (1.2, 2.0), (0.85, 1.05), only='val', tags='island'
)
def _curved_counter(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    outline = rounded_rectangle(d, w, 3.0, 20)
    return [Part(prism(outline, 0.05, (0, 0, h - 0.05)), headroom=9.0), Part(prism(outline * 0.85, h - 0.05), 'second')]


def cut(parts: list[Part], x: float, y: float, depth: float, width: float) -> list[Part]:
    """The same parts with a rectangular hole of the first, a board, around (x, y): for a sink."""
    plate = parts[0]
    (x0, y0, z0), (x1, y1, z1) = plate.mesh.bounds
    left, right, near, far = y - width / 2, y + width / 2, x - depth / 2, x + depth / 2
    strips = [(x0, x1, y0, left), (x0, x1, right, y1), (x0, near, left, right), (far, x1, left, right)]
    boards = [
        board((b - a, e - c, z1 - z0), ((a + b) / 2, (c + e) / 2, z0), plate.slot, plate.headroom) for a, b, c, e in strips
    ]
    return boards + parts[1:]
