"""The class otherfurniture: bins, benches, radiators, wardrobes, machines and more."""

import numpy as np
from numpy.random import Generator

from uniseg3d.rooms.furniture.catalogue import Part, variant
from uniseg3d.rooms.furniture.pieces import board, carcass, four_legs, fronts, handles, slanted
from uniseg3d.rooms.shapes import basin, box, cushion, cylinder, join, rod, rounded_rectangle


@variant('otherfurniture', 'bin', ('trash can', 'recycling bin'), (0.24, 0.4), (0.24, 0.42), (0.26, 0.7), tags='small bath')
def _bin(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    outline = rounded_rectangle(d, w, rng.choice([2.0, 8.0]), 14)
    if rng.random() < 0.6:
        return [Part(basin(outline, h, 0.06, 0.02, foot=rng.uniform(0.7, 0.95)))]
    lid = box((d * 0.8, w * 0.8, 0.04), (0, 0, h - 0.04))
    return [Part(basin(outline, h - 0.03, 0.3, 0.1, foot=0.9)), Part(lid, 'second')]


@variant('otherfurniture', 'ottoman', 'ottoman', (0.4, 0.7), (0.4, 0.8), (0.32, 0.5), tags='small lounge')
def _ottoman(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    foot = rng.choice([0.0, 0.06, 0.1])
    parts = [Part(cushion((d, w, h - foot), (0, 0, foot)), headroom=0.4)]
    return [*parts, Part(four_legs(d * 0.8, w * 0.8, foot + 0.02, 0.04), 'frame')] if foot else parts


@variant('otherfurniture', 'bench', 'bench', (0.32, 0.45), (0.9, 1.5), (0.4, 0.5), tags='wall lounge bed')
def _bench(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    sides = [box((d * 0.9, 0.05, h - 0.05), (0, y * w * 0.42, 0)) for y in (-1, 1)]
    return [board((d, w, 0.05), (0, 0, h - 0.05), headroom=0.4), Part(join(sides), 'frame')]


@variant('otherfurniture', 'tv stand', ('tv stand', 'stand'), (0.35, 0.5), (0.9, 1.7), (0.36, 0.65), tags='wall tv')
def _tv_stand(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    parts = [Part(mesh, headroom=9.0) for mesh in carcass(d, w, h, 0.03)]
    parts.append(Part(box((d, 0.03, h - 0.06), (0, w * rng.uniform(-0.2, 0.2), 0.03))))
    return [*parts, board((d - 0.04, w - 0.06, 0.02), (0, 0, h * 0.48), headroom=h * 0.3)]


@variant(
    'otherfurniture',
    'wardrobe',
    ('wardrobe', 'wardrobe closet', 'closet'),
    (0.5, 0.65),
    (0.8, 1.8),
    (1.6, 2.15),
    tags='wall wardrobe',
)
def _wardrobe(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    columns, x = max(2, round(w / 0.5)), d / 2 - 0.03
    drawer = 0.3 if rng.random() < 0.4 else 0.06
    doors = fronts(x, w, drawer, h - 0.04, columns, 1)
    if drawer > 0.1:
        doors = join([doors, fronts(x, w, 0.05, drawer, columns, 1)])
    parts = [Part(box((d - 0.04, w, h), (-0.02, 0, 0))), Part(doors, 'second' if rng.random() < 0.3 else 'main')]
    return [*parts, Part(handles(x + 0.017, w, drawer, h, columns, 1, upright=True), 'metal')]


@variant('otherfurniture', 'radiator', 'radiator', (0.08, 0.14), (0.6, 1.4), (0.4, 0.75), tags='radiator')
def _radiator(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    ribs = max(6, round(w / 0.09))
    fins = [box((d, w / ribs * 0.6, h), (0, (i + 0.5) * w / ribs - w / 2, 0)) for i in range(ribs)]
    pipes = [box((d * 0.4, w * 0.96, 0.05), (0, 0, z)) for z in (0.06, h - 0.11)]
    return [Part(join(fins + pipes))]


@variant(
    'otherfurniture', 'washing machine', 'washing machine', (0.52, 0.62), (0.56, 0.62), (0.8, 0.9), tags='wall bath kitchen'
)
@variant('otherfurniture', 'dryer', 'clothes dryer', (0.55, 0.66), (0.58, 0.68), (0.86, 1.05), only='val', tags='wall bath')
def _washing_machine(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    ring = cylinder(w * 0.3, 0.03, sides=16).turned(np.pi / 2, 'y').moved(d / 2 - 0.032, 0, h * 0.45)
    glass = cylinder(w * 0.22, 0.02, sides=16).turned(np.pi / 2, 'y').moved(d / 2 - 0.018, 0, h * 0.45)
    body = Part(box((d - 0.03, w, h), (-0.015, 0, 0)), headroom=0.6)
    return [
        body,
        Part(ring, 'metal'),
        Part(glass, 'dark'),
        Part(box((0.01, w * 0.9, 0.1), (d / 2 - 0.025, 0, h - 0.13)), 'second'),
    ]


@variant('otherfurniture', 'piano', 'piano', (0.5, 0.65), (1.3, 1.5), (1.0, 1.3), tags='wall lounge')
def _piano(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    back = d * 0.55
    parts = [Part(box((back, w, h), (back / 2 - d / 2, 0, 0)), headroom=0.6), Part(box((d - back, w, 0.1), (back / 2, 0, 0.6)))]
    parts.append(Part(box((d - back - 0.06, w * 0.9, 0.03), (back / 2, 0, 0.7)), 'light'))
    return [*parts, Part(join([box((0.07, 0.07, 0.6), (d / 2 - 0.06, y * (w / 2 - 0.06), 0)) for y in (-1, 1)]))]


@variant('otherfurniture', 'step ladder', 'ladder', (0.35, 0.6), (0.4, 0.5), (0.9, 1.7), tags='wall')
def _step_ladder(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    rails = [slanted((x * d / 2 * 0.95, y * w / 2 * 0.92, 0), (0, y * w / 2 * 0.8, h), 0.02) for x in (-1, 1) for y in (-1, 1)]
    levels = np.linspace(0.2, 0.85, 4)
    steps = [box((0.09, w * 0.8, 0.03), (d / 2 * 0.95 * (1 - z), 0, z * h)) for z in levels]
    return [Part(join(rails), 'metal'), Part(join(steps))]


@variant('otherfurniture', 'crate', 'crate', (0.3, 0.45), (0.4, 0.6), (0.25, 0.4), only='val', tags='small')
def _crate(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    slats = []
    for z in np.arange(3) * h / 3:
        slats += [box((d, 0.02, h / 3 - 0.03), (0, y * (w / 2 - 0.01), z)) for y in (-1, 1)]
        slats += [box((0.02, w - 0.04, h / 3 - 0.03), (x * (d / 2 - 0.01), 0, z)) for x in (-1, 1)]
    posts = four_legs(d - 0.04, w - 0.04, h - 0.03, 0.03)
    return [Part(join(slats)), Part(posts), Part(box((d - 0.04, w - 0.04, 0.015), (0, 0, 0.01)))]


@variant(
    'otherfurniture',
    'clothing rack',
    ('rack', 'clothing rack'),
    (0.4, 0.5),
    (0.8, 1.3),
    (1.3, 1.75),
    only='val',
    tags='wall wardrobe',
)
def _clothing_rack(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    posts = [rod((0, y * w * 0.46, 0.02), (0, y * w * 0.46, h), 0.015) for y in (-1, 1)]
    feet = [rod((-d / 2, y * w * 0.46, 0.015), (d / 2, y * w * 0.46, 0.015), 0.015) for y in (-1, 1)]
    bar = rod((0, -w / 2, h - 0.015), (0, w / 2, h - 0.015), 0.015)
    count = int(rng.integers(3, 7))
    places = np.linspace(-0.36, 0.36, count) * w
    clothes = [
        Part(box((d * 0.85, 0.05, h * rng.uniform(0.4, 0.6)), (0, y, h * 0.38)), f'second:{i % 3}')
        for i, y in enumerate(places)
    ]
    return [Part(join([*posts, *feet, bar]), 'metal'), *clothes]


@variant(
    'otherfurniture',
    'footstool',
    ('footstool', 'seat'),
    (0.3, 0.42),
    (0.34, 0.5),
    (0.22, 0.45),
    only='val',
    tags='small lounge',
)
def _footstool(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    return [
        Part(cushion((d, w, 0.1), (0, 0, h - 0.1)), headroom=0.4),
        Part(four_legs(d * 0.9, w * 0.9, h - 0.06, 0.035, splay=0.03), 'frame'),
    ]
