"""Chairs and sofas."""

import numpy as np
from numpy.random import Generator

from uniseg3d.rooms.furniture.catalogue import Part, variant
from uniseg3d.rooms.furniture.pieces import four_legs, slanted, star_base
from uniseg3d.rooms.shapes import Mesh, box, cushion, cylinder, join, loft, rod, rounded_rectangle, stretch, tube


@variant('chair', 'four-leg chair', 'chair', (0.42, 0.54), (0.4, 0.52), (0.72, 1.1), tags='table desk')
def _four_leg_chair(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    seat = rng.uniform(0.41, 0.5)
    parts = [Part(four_legs(d, w, seat - 0.04, 0.04), 'frame'), Part(box((d, w, 0.05), (0, 0, seat - 0.04)), headroom=0.4)]
    x = 0.02 - d / 2
    if rng.random() < 0.5:
        parts.append(Part(box((0.035, w, (h - seat) * 0.75), (x, 0, h - (h - seat) * 0.75))))
        parts.append(Part(join([box((0.03, 0.03, h - seat - 0.02), (x, y * (w / 2 - 0.03), seat)) for y in (-1, 1)]), 'frame'))
    else:
        slats = [box((0.02, 0.035, h - seat - 0.06), (x, y * (w / 2 - 0.02), seat)) for y in (-1, -0.33, 0.33, 1)]
        parts += [Part(join(slats), 'frame'), Part(box((0.03, w, 0.08), (x, 0, h - 0.08)))]
    return parts


@variant(
    'chair', 'office chair', ('office chair', 'office chair', 'chair'), (0.55, 0.68), (0.52, 0.66), (0.85, 1.25), tags='desk'
)
def _office_chair(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    seat = rng.uniform(0.42, 0.56)
    wide, deep = w * 0.8, d * 0.78
    parts = star_base(min(d, w) / 2, seat)
    parts.append(Part(cushion((deep, wide, 0.09), (0.03, 0, seat))))
    tall = (h - seat) * rng.uniform(0.6, 0.85)
    back = cushion((tall, wide * 0.95, 0.08)).turned(-np.pi / 2, 'y').moved(0.1 - deep / 2, 0, h - tall / 2)
    parts += [Part(back), Part(rod((-deep / 3, 0, seat), (-deep / 2 + 0.04, 0, h - tall / 2), 0.022), 'dark')]
    if rng.random() < 0.6:
        arm = [box((0.26, 0.05, 0.03), (0, y * (w / 2 - 0.03), seat + 0.22)) for y in (-1, 1)]
        arm += [box((0.04, 0.03, 0.24), (0, y * (w / 2 - 0.03), seat - 0.01)) for y in (-1, 1)]
        parts.append(Part(join(arm), 'dark'))
    return parts


@variant('chair', 'armchair', ('armchair', 'sofa chair', 'chair'), (0.7, 0.95), (0.68, 1.0), (0.68, 1.08), tags='lounge')
def _armchair(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    foot, arm = rng.uniform(0.03, 0.16), rng.uniform(0.1, 0.18)
    seat = rng.uniform(0.38, 0.48)
    back = rng.uniform(0.14, 0.22)
    parts = [Part(four_legs(d * 0.92, w * 0.92, foot), 'frame'), Part(box((d, w, seat - foot - 0.12), (0, 0, foot)))]
    parts.append(Part(cushion((back, w, h - foot - 0.02), (back / 2 - d / 2, 0, foot + 0.02))))
    parts += [Part(cushion((d - 0.04, arm, h * 0.62 - foot), (0.02, y * (w - arm) / 2, foot))) for y in (-1, 1)]
    slot = 'second' if rng.random() < 0.3 else 'main'
    parts.append(Part(cushion((d - back, w - 2 * arm, 0.14), (back / 2, 0, seat - 0.13)), slot, headroom=0.4))
    return parts


@variant('chair', 'shell chair', 'chair', (0.48, 0.58), (0.45, 0.56), (0.72, 0.9), tags='table desk')
def _shell_chair(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    seat = rng.uniform(0.42, 0.48)
    bend = np.array(
        [(d / 2, seat), (d / 2 - 0.08, seat + 0.01), (0.1 - d / 2, seat - 0.02), (0.03 - d / 2, seat + 0.08), (-d / 2, h)]
    )
    outline = np.concatenate([bend, bend[::-1] + (0.025, 0.012)])[::-1]  # side view, then extruded along the width
    side = np.stack([outline[:, 0], np.zeros(len(outline)), outline[:, 1]], 1)
    taper = np.where(outline[:, 1] > seat + 0.05, 0.86, 1.0)[:, None]
    rings = np.stack([side + taper * (0.0, y, 0.0) for y in (-w / 2, w / 2)], 1)  # [K, 2, 3]
    shell = loft(rings.transpose(1, 0, 2), caps=False)
    shell = Mesh(shell.vertices, shell.faces[:, ::-1])
    if rng.random() < 0.5:
        return [Part(shell), Part(four_legs(d, w, seat - 0.01, 0.035, splay=0.09), 'frame')]
    sled = [
        np.array([(d * 0.3, y, seat), (d / 2, y, 0.012), (-d / 2, y, 0.012), (-d * 0.25, y, seat - 0.02)])
        for y in (-w * 0.42, w * 0.42)
    ]
    return [Part(shell), Part(join([tube(path, 0.011) for path in sled]), 'metal')]


@variant('chair', 'stool', 'chair', (0.34, 0.46), (0.34, 0.46), (0.45, 0.8), only='val', tags='table counter')
def _stool(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    side = min(d, w)
    seat = Part(cylinder(side / 2 * 0.9, 0.06, (0, 0, h - 0.06)), headroom=0.3)
    ring = rounded_rectangle(side * 0.8, side * 0.8, 2, 12)
    rung = Part(stretch(ring, [(1, 1, 0), (1, 1, 0.02), (0.9, 0.9, 0.02), (0.9, 0.9, 0)], (0, 0, h * 0.3)), 'frame')
    return [seat, Part(four_legs(side, side, h - 0.05, 0.035, splay=0.06), 'frame'), rung]


@variant('chair', 'folding chair', 'folded chair', (0.46, 0.55), (0.42, 0.5), (0.76, 0.9), only='val', tags='table desk')
def _folding_chair(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    seat = 0.45
    bars = []
    for y in (-w / 2 + 0.02, w / 2 - 0.02):
        bars += [
            slanted((d / 2 - 0.02, y, 0), (0.02 - d / 2, y, h), 0.014),
            slanted((0.02 - d / 2, y, 0), (d / 2 - 0.08, y, seat), 0.014),
        ]
    back = box((0.025, w, 0.18), (0.04 - d / 2, 0, h - 0.2)).turned(-0.35, 'y', (0.04 - d / 2, 0, h - 0.1))
    return [Part(join(bars), 'metal'), Part(box((d * 0.75, w * 0.9, 0.03), (0, 0, seat))), Part(back)]


@variant('sofa', 'padded sofa', 'couch', (0.8, 1.0), (1.35, 2.3), (0.68, 0.98), tags='lounge')
def _padded_sofa(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    foot, arm, back, seat = rng.uniform(0.03, 0.13), rng.uniform(0.12, 0.24), rng.uniform(0.16, 0.24), rng.uniform(0.38, 0.48)
    seats = max(2, round((w - 2 * arm) / 0.65))
    wide = (w - 2 * arm) / seats
    parts = [Part(four_legs(d * 0.94, w * 0.96, foot), 'frame'), Part(box((d, w, seat - foot - 0.12), (0, 0, foot)))]
    parts.append(Part(box((back * 0.6, w, h * 0.88 - foot), (back * 0.3 - d / 2, 0, foot))))
    arms, slot = h * rng.uniform(0.62, 0.72) - foot, 'second' if rng.random() < 0.25 else 'main'
    parts += [Part(cushion((d, arm, arms), (0, y * (w - arm) / 2, foot))) for y in (-1, 1)]
    for place in (np.arange(seats) - (seats - 1) / 2) * wide:
        parts.append(Part(cushion((d - back, wide - 0.01, 0.14), (back / 2, place, seat - 0.13), 12), slot, headroom=0.4))
        parts.append(Part(cushion((0.16, wide - 0.02, h - seat), (back * 0.75 - d / 2, place, seat), 12), slot))
    return parts


@variant('sofa', 'bench sofa', 'couch', (0.75, 0.95), (1.4, 2.1), (0.64, 0.86), tags='lounge')
def _bench_sofa(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    foot, seat = rng.uniform(0.12, 0.2), rng.uniform(0.36, 0.44)
    parts = [Part(four_legs(d * 0.9, w * 0.92, foot, 0.04), 'frame')]
    parts.append(Part(cushion((d, w, seat - foot), (0, 0, foot)), headroom=0.4))
    back = cushion((0.16, w, h - seat + 0.02), (0.08 - d / 2, 0, seat - 0.02))
    parts.append(Part(back))
    if rng.random() < 0.6:
        parts += [
            Part(
                cylinder(0.09, w * 0.24, sides=10)
                .turned(np.pi / 2, 'x')
                .moved(0.1 - d / 2 + 0.13, y * w * 0.34 + w * 0.12, seat + 0.09),
                'second',
            )
            for y in (-1, 1)
        ]
    return parts


@variant('sofa', 'corner sofa', 'couch', (1.45, 1.9), (1.9, 2.6), (0.66, 0.92), tags='corner')
def _corner_sofa(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    deep, back, seat = rng.uniform(0.78, 0.92), 0.18, rng.uniform(0.36, 0.46)
    side = 1 if rng.random() < 0.5 else -1
    parts = [Part(box((deep, w, seat - 0.12), (deep / 2 - d / 2, 0, 0.0)))]
    parts.append(Part(box((d - deep, deep, seat - 0.12), (deep / 2, side * (w - deep) / 2, 0))))
    parts.append(Part(cushion((back, w, h), (back / 2 - d / 2, 0, 0))))
    parts.append(Part(cushion((d - back, back, h * 0.94), (back / 2, side * (w - back) / 2, 0))))
    long, count = w - 2 * back, 3
    for place in (np.arange(count) - 1) * long / count:
        parts.append(
            Part(
                cushion((deep - back, long / count - 0.01, 0.14), (deep / 2 + back / 2 - d / 2, place, seat - 0.13)),
                headroom=0.4,
            )
        )
    chaise = (d - deep - 0.01, deep - back, 0.14)
    parts.append(Part(cushion(chaise, (deep / 2, side * (w / 2 - back - chaise[1] / 2), seat - 0.13)), headroom=0.4))
    return parts


@variant('sofa', 'rolled-arm sofa', 'sofa', (0.82, 1.0), (1.4, 2.2), (0.72, 0.9), only='val', tags='lounge')
def _rolled_arm_sofa(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    roll, seat = rng.uniform(0.1, 0.14), rng.uniform(0.4, 0.46)
    parts = [
        Part(four_legs(d * 0.9, w * 0.92, 0.08), 'frame'),
        Part(box((d - 0.04, w - 4 * roll, seat - 0.08), (0, 0, 0.08)), headroom=0.4),
    ]
    bar = cylinder(roll, d - 0.02, sides=10).turned(np.pi / 2, 'y')
    for y in (-1, 1):
        parts.append(Part(box((d - 0.03, roll * 1.6, h - roll * 2 - 0.06), (0, y * (w / 2 - roll), 0.06))))
        parts.append(Part(bar.moved(0.01 - d / 2, y * (w / 2 - roll), h - roll)))
    parts.append(Part(box((0.16, w - 4 * roll, h - 0.2), (0.1 - d / 2, 0, 0.08))))
    parts.append(
        Part(cylinder(roll, w - 2 * roll, sides=10).turned(-np.pi / 2, 'x').moved(roll - d / 2, roll - w / 2, h - roll))
    )
    return parts
