"""Things that belong to none of the 20 classes: most are not annotated at all."""

import numpy as np
from numpy.random import Generator

from uniseg3d.rooms.furniture.catalogue import Part, variant
from uniseg3d.rooms.shapes import ball, basin, box, circle, cushion, cylinder, join, revolve, rod, tube


@variant('clutter', 'carton', None, (0.2, 0.5), (0.25, 0.6), (0.15, 0.45), tags='floor')
@variant('clutter', 'small box', None, (0.1, 0.22), (0.12, 0.3), (0.06, 0.18), tags='top shelf')
def _carton(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    tape = box((d * 0.98, w * 0.12, 0.004), (0, 0, h))
    return [Part(box((d, w, h)), headroom=0.3 if h > 0.2 else 0.0), Part(tape, 'second')]


@variant('clutter', 'ball', None, (0.14, 0.32), (0.14, 0.32), (0.14, 0.32), tags='floor')
@variant('clutter', 'fruit', None, (0.08, 0.14), (0.08, 0.14), (0.08, 0.14), tags='top')
def _round_toy(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    side = min(d, w, h)
    return [Part(ball((side, side, side)))]


@variant('clutter', 'bottle', None, (0.06, 0.1), (0.06, 0.1), (0.2, 0.34), tags='top shelf')
@variant('clutter', 'vase', None, (0.12, 0.24), (0.12, 0.24), (0.2, 0.4), tags='top floor')
def _bottle(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    r = min(d, w) / 2
    neck = rng.uniform(0.3, 0.7)
    return [Part(revolve([(r * 0.8, 0), (r, h * 0.15), (r, h * 0.5), (r * neck, h * 0.75), (r * neck, h)], sides=10))]


@variant('clutter', 'row of books', (None, 'books'), (0.14, 0.2), (0.2, 0.55), (0.18, 0.28), tags='shelf top')
def _row_of_books(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    parts, y = [], -w / 2
    while y < w / 2 - 0.02:
        thick = min(rng.uniform(0.02, 0.05), w / 2 - y)
        size = (d * rng.uniform(0.8, 1.0), thick - 0.002, h * rng.uniform(0.75, 1.0))
        parts.append(Part(box(size, (0, y + thick / 2, 0)), f'second:{rng.integers(4)}'))
        y += thick
    return parts


@variant('clutter', 'pile of books', (None, 'books'), (0.16, 0.22), (0.2, 0.3), (0.05, 0.2), tags='top shelf floor')
def _pile_of_books(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    count = max(2, round(h / 0.035))
    turns = rng.uniform(-0.3, 0.3, count)
    thick = h / count
    return [Part(box((d * 0.92, w * 0.9, thick), (0, 0, i * thick)).turned(t), f'second:{i % 4}') for i, t in enumerate(turns)]


@variant('clutter', 'bag', None, (0.18, 0.3), (0.28, 0.45), (0.25, 0.45), tags='floor')
def _bag(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    angles = np.linspace(0, np.pi, 7)
    loop = np.stack([np.zeros(7), np.cos(angles) * w * 0.2, h * 0.8 + np.sin(angles) * h * 0.2], 1)
    return [Part(cushion((d, w, h * 0.85))), Part(tube(loop, 0.012), 'second')]


@variant('clutter', 'potted plant', (None, 'plant'), (0.25, 0.5), (0.25, 0.5), (0.4, 1.4), tags='floor')
@variant('clutter', 'small plant', None, (0.14, 0.24), (0.14, 0.24), (0.2, 0.38), tags='top')
def _plant(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    side, pot = min(d, w), h * rng.uniform(0.25, 0.4)
    leaves = [
        ball((side * 0.6, side * 0.5, (h - pot) * 0.5), (x * side * 0.18, y * side * 0.2, z), 8)
        for x, y, z in (
            (1, 0, pot),
            (-1, 1, pot + (h - pot) * 0.3),
            (-0.5, -1, pot + (h - pot) * 0.2),
            (0, 0, pot + (h - pot) * 0.5),
        )
    ]
    stem = rod((0, 0, pot * 0.8), (0, 0, h * 0.8), 0.012)
    return [Part(basin(circle(side * 0.32, 12), pot, 0.1, pot * 0.8, foot=0.7)), Part(join([*leaves, stem]), 'leaf')]


@variant('clutter', 'floor lamp', (None, 'lamp'), (0.28, 0.42), (0.28, 0.42), (1.3, 1.8), tags='floor')
@variant('clutter', 'table lamp', None, (0.18, 0.3), (0.18, 0.3), (0.3, 0.55), tags='top')
def _lamp(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    r = min(d, w) / 2
    shade = h * 0.4 if h < 0.7 else 0.28
    foot = [cylinder(r * 0.7, 0.025), rod((0, 0, 0.02), (0, 0, h - shade * 0.5), 0.014)]
    return [Part(cylinder(r, shade, (0, 0, h - shade), top=r * rng.uniform(0.55, 0.95))), Part(join(foot), 'metal')]


@variant('clutter', 'monitor', 'monitor', (0.16, 0.22), (0.45, 0.65), (0.38, 0.5), tags='screen')
@variant('clutter', 'television', 'tv', (0.18, 0.26), (0.7, 1.2), (0.5, 0.75), tags='television')
def _monitor(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    stand = [box((d, w * 0.4, 0.015)), box((0.03, 0.06, h * 0.4), (-0.02, 0, 0.015))]
    case = box((0.035, w, h * 0.82), (0, 0, h * 0.18))
    return [
        Part(join([*stand, case]), 'dark'),
        Part(box((0.006, w - 0.03, h * 0.82 - 0.03), (0.02, 0, h * 0.18 + 0.015)), 'glass'),
    ]


@variant('clutter', 'laptop', (None, 'laptop'), (0.24, 0.3), (0.32, 0.38), (0.2, 0.26), tags='screen top')
def _laptop(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    lid = box((0.012, w, h - 0.02), (0, 0, 0)).turned(-0.25, 'y').moved(0.06 - d / 2, 0, 0.02)
    return [Part(box((d - 0.06, w, 0.02), (0.03, 0, 0)), 'metal'), Part(lid, 'dark')]


@variant('clutter', 'pillow', 'pillow', (0.3, 0.45), (0.45, 0.7), (0.1, 0.18), tags='bed')
@variant('clutter', 'cushion', ('cushion', 'pillow'), (0.28, 0.4), (0.32, 0.45), (0.1, 0.15), tags='seat')
def _pillow(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    return [Part(ball((d, w, h), sides=12))]


@variant('clutter', 'laundry basket', None, (0.34, 0.45), (0.34, 0.5), (0.35, 0.6), tags='floor bath')
def _basket(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    heap = ball((min(d, w) * 0.75, min(d, w) * 0.75, h * 0.4), (0, 0, h * 0.7), 8)
    return [Part(basin(circle(min(d, w) / 2, 14), h, 0.05, 0.03, foot=0.8)), Part(heap, 'second')]


@variant('clutter', 'shoes', None, (0.26, 0.32), (0.2, 0.26), (0.08, 0.13), tags='floor')
def _shoes(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    pair = []
    for y in (-w / 4, w / 4):
        pair += [ball((d * 0.95, w * 0.4, h * 0.75), (0, y, 0), 8), cylinder(w * 0.17, h * 0.5, (-d * 0.25, y, h * 0.5), 8)]
    return [Part(join(pair))]


@variant('clutter', 'toy truck', None, (0.14, 0.2), (0.24, 0.4), (0.14, 0.24), tags='floor top')
def _toy_truck(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    wheel = cylinder(h * 0.2, d, sides=10).turned(np.pi / 2, 'y').moved(-d / 2, 0, h * 0.2)
    body = [
        Part(box((d * 0.9, w * 0.6, h * 0.45), (0, w * 0.2, h * 0.25))),
        Part(box((d * 0.9, w * 0.3, h * 0.7), (0, -w * 0.3, h * 0.25)), 'second'),
    ]
    return [*body, Part(join([wheel.moved(0, y * w * 0.3) for y in (-1, 1)]), 'dark')]


@variant('clutter', 'towel', (None, 'towel'), (0.05, 0.09), (0.35, 0.6), (0.4, 0.8), tags='hang')
def _towel(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    bar = rod((0, -w / 2 - 0.02, h - 0.01), (0, w / 2 + 0.02, h - 0.01), 0.01)
    stubs = [rod((-d / 2, y * w / 2, h - 0.01), (0, y * w / 2, h - 0.01), 0.01) for y in (-1, 1)]
    return [Part(box((0.03, w * 0.9, h), (0.005, 0, 0))), Part(join([bar, *stubs]), 'metal')]
