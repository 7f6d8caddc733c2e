"""Cabinets, bookshelves and refrigerators."""

from numpy.random import Generator

from uniseg3d.rooms.furniture.catalogue import Part, variant
from uniseg3d.rooms.furniture.pieces import board, carcass, four_legs, fronts, handles
from uniseg3d.rooms.shapes import box, join, prism, rounded_rectangle, stretch

FLUSH = 0.03  # depth that fronts and handles take from a body


def _front_slot(rng: Generator) -> str:
    return 'second' if rng.random() < 0.3 else 'main'


@variant(
    'cabinet',
    'door cabinet',
    ('cabinet', 'cabinets'),
    (0.35, 0.6),
    (0.6, 1.3),
    (0.7, 1.95),
    tags='stand',
)
def _door_cabinet(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    plinth, columns = rng.uniform(0.03, 0.1), max(1, round(w / rng.uniform(0.38, 0.55)))
    x = d / 2 - FLUSH
    body = box((d - FLUSH - 0.01, w, h - plinth), (-(FLUSH + 0.01) / 2, 0, plinth))
    parts = [Part(body, headroom=9.0), Part(fronts(x, w, plinth, h, columns, 1), _front_slot(rng))]
    parts.append(Part(box((d * 0.85, w * 0.98, plinth), (-d * 0.04, 0, 0)), 'dark'))
    return [*parts, Part(handles(x + 0.017, w, plinth, h, columns, 1, upright=True), 'metal')]


@variant('cabinet', 'kitchen base', ('kitchen cabinet', 'kitchen cabinets'), (0.5, 0.62), (1.0, 2.4), (0.74, 0.92), tags='base')
@variant('cabinet', 'vanity', ('bathroom vanity', 'cabinet'), (0.44, 0.56), (0.6, 1.2), (0.62, 0.85), tags='vanity')
def _base_unit(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    """Open at the top: a counter goes over it, and a sink may hang into it."""
    columns, x = max(1, round(w / rng.uniform(0.4, 0.6))), d / 2 - FLUSH
    hollow = [mesh.moved(-FLUSH / 2) for mesh in carcass(d - FLUSH, w, h, z=0.0)]
    parts = [Part(join(hollow[:3] + hollow[4:])), Part(fronts(x, w, 0.05, h, columns, 1), _front_slot(rng))]
    return [*parts, Part(handles(x + 0.017, w, 0.05, h, columns, 1, upright=True), 'metal')]


@variant('cabinet', 'chest of drawers', 'cabinet', (0.36, 0.56), (0.6, 1.4), (0.55, 1.25), tags='stand')
@variant('cabinet', 'filing cabinet', ('file cabinet', 'file cabinets'), (0.42, 0.62), (0.36, 0.5), (0.5, 1.35), tags='stand')
def _drawer_cabinet(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    rows, columns = max(2, round(h / rng.uniform(0.2, 0.34))), 2 if w > 0.95 else 1
    x = d / 2 - FLUSH
    parts = [Part(box((d - FLUSH - 0.01, w, h), (-(FLUSH + 0.01) / 2, 0, 0)), headroom=9.0)]
    parts.append(Part(fronts(x, w, 0.03, h - 0.03, columns, rows), _front_slot(rng)))
    return [*parts, Part(handles(x + 0.017, w, 0.03, h - 0.03, columns, rows), 'metal')]


@variant('cabinet', 'wall cabinet', ('kitchen cabinet', 'cabinet'), (0.28, 0.4), (0.5, 1.6), (0.4, 0.85), tags='wall')
@variant('cabinet', 'mirror cabinet', ('bathroom cabinet', 'cabinet'), (0.12, 0.2), (0.45, 1.0), (0.5, 0.8), tags='bathwall')
def _wall_cabinet(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    columns = max(1, round(w / 0.42))
    x = d / 2 - FLUSH
    parts = [
        Part(box((d - FLUSH - 0.01, w, h), (-(FLUSH + 0.01) / 2, 0, 0))),
        Part(fronts(x, w, 0, h, columns, 1), _front_slot(rng)),
    ]
    return [*parts, Part(handles(x + 0.017, w, 0, h, columns, 1, upright=True), 'metal')]


@variant(
    'cabinet',
    'open sideboard',
    ('media center', 'open kitchen cabinet'),
    (0.36, 0.5),
    (1.0, 1.7),
    (0.5, 0.95),
    only='val',
    tags='stand',
)
def _open_sideboard(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    foot, low = rng.uniform(0.1, 0.2), rng.uniform(0.1, 0.2)
    parts = [Part(four_legs(d * 0.9, w * 0.9, foot, 0.04), 'frame')]
    parts += [Part(mesh, headroom=9.0) for mesh in carcass(d - 0.03, w, h - foot, 0.025, z=foot)]
    third = w / 3
    parts.append(Part(fronts(d / 2 - 0.03, third, foot, h, 1, 2).moved(0, third), 'second'))
    parts.append(Part(fronts(d / 2 - 0.03, third, foot, h, 1, 1).moved(0, -third), 'second'))
    return [*parts, board((d - 0.06, third, 0.02), (0, 0, foot + (h - foot) * 0.45 + low * 0.1), headroom=0.2)]


@variant(
    'cabinet',
    'rounded cabinet',
    'cabinet',
    (0.4, 0.5),
    (0.4, 0.5),
    (0.7, 1.5),
    only='val',
    tags='stand',
)
def _rounded_cabinet(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    outline = rounded_rectangle(d, w, rng.uniform(3.0, 6.0), 20)
    body = stretch(outline, [(0.85, 0.85, 0), (0.85, 0.85, 0.08), (0.98, 0.98, 0.08), (0.98, 0.98, h - 0.03)])
    top = Part(prism(outline, 0.03, (0, 0, h - 0.03)), _front_slot(rng), headroom=9.0)
    knobs = [box((0.02, 0.02, 0.1), (d / 2 - 0.01, side * 0.03, h * 0.55)) for side in (-1, 1)]
    return [Part(body), top, Part(join(knobs), 'metal')]


@variant(
    'cabinet',
    'washstand',
    ('bathroom vanity', 'bathroom cabinet'),
    (0.44, 0.54),
    (0.6, 1.1),
    (0.66, 0.85),
    only='val',
    tags='vanity',
)
def _washstand(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    """Open frame under a sink, with one shelf and one drawer front."""
    rails = [box((0.04, w, 0.06), (x * (d / 2 - 0.02), 0, h - 0.06)) for x in (-1, 1)]
    shelf = board((d, w, 0.03), (0, 0, rng.uniform(0.12, 0.25)), headroom=0.15)
    return [Part(join([four_legs(d, w, h, 0.05), *rails])), shelf]


@variant('bookshelf', 'bookcase', ('bookshelf', 'bookshelves'), (0.24, 0.4), (0.55, 1.3), (0.8, 2.1), tags='stand')
def _bookcase(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    parts = [Part(mesh) for mesh in carcass(d, w, h, 0.025, back=rng.random() < 0.7)]
    return parts + _shelves(d, w - 0.05, 0.025, h, max(2, round(h / rng.uniform(0.3, 0.42))), 0.022)


@variant('bookshelf', 'ladder shelf', 'bookshelf', (0.28, 0.42), (0.55, 1.0), (1.1, 1.9), tags='stand')
def _ladder_shelf(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    posts = four_legs(d, w, h, 0.03)
    rows = max(3, round(h / 0.4))
    return [Part(posts, 'metal'), *_shelves(d * 0.96, w - 0.01, 0.06, h, rows, 0.03)]


@variant('bookshelf', 'cube shelf', ('bookshelf', 'bookshelves'), (0.3, 0.42), (0.7, 1.5), (0.75, 1.55), tags='stand')
def _cube_shelf(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    columns, rows = max(2, round(w / 0.38)), max(2, round(h / 0.38))
    parts = [Part(mesh) for mesh in carcass(d, w, h, 0.03, back=rng.random() < 0.5)]
    cell = (w - 0.06) / columns
    parts += [Part(box((d, 0.02, h - 0.06), (0, (c - columns / 2) * cell, 0.03))) for c in range(1, columns)]
    for column in range(columns):
        y = (column + 0.5 - columns / 2) * cell
        parts += [
            Part(part.mesh.moved(0, y), part.slot, part.headroom) for part in _shelves(d, cell - 0.02, 0.03, h, rows, 0.02)
        ]
    return parts


@variant('bookshelf', 'stepped shelf', 'bookshelf', (0.26, 0.36), (0.9, 1.4), (0.9, 1.7), only='val', tags='stand')
def _stepped_shelf(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    parts: list[Part] = []
    steps = 3
    for step in range(steps):
        tall, y = h * (step + 1) / steps, (step + 0.5) * w / steps - w / 2
        for mesh in carcass(d, w / steps, tall, 0.02, back=True):
            parts.append(Part(mesh.moved(0, y)))
        parts += [
            Part(p.mesh.moved(0, y), p.slot, p.headroom) for p in _shelves(d, w / steps - 0.04, 0.02, tall, step + 1, 0.02)
        ]
    return parts


def _shelves(d: float, w: float, low: float, high: float, rows: int, thick: float) -> list[Part]:
    """Bottom board and the boards above it, each with the room up to the next."""
    step = (high - low) / rows
    return [board((d - 0.02, w, thick), (0, 0, low + row * step), headroom=step - thick - 0.02) for row in range(rows)]


@variant('refrigerator', 'two-door refrigerator', 'refrigerator', (0.6, 0.75), (0.55, 0.75), (1.35, 1.95), tags='tall')
def _two_door_refrigerator(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    split = h * rng.choice([0.3, 0.38, 0.62, 0.68])
    x, slot = d / 2 - 0.045, _front_slot(rng)
    doors = [box((0.05, w, split - 0.05), (x, 0, 0.04)), box((0.05, w, h - split - 0.01), (x, 0, split))]
    side = 1 if rng.random() < 0.5 else -1
    bars = [
        box((0.02, 0.025, 0.3), (d / 2 - 0.01, side * (w / 2 - 0.06), z))
        for z in (max(0.06, split - 0.36), min(split + 0.06, h - 0.32))
    ]
    return [Part(box((d - 0.075, w, h), (-0.037, 0, 0)), headroom=0.6), Part(join(doors), slot), Part(join(bars), 'metal')]


@variant('refrigerator', 'one-door refrigerator', 'refrigerator', (0.55, 0.7), (0.5, 0.65), (1.1, 1.75), tags='tall')
@variant('refrigerator', 'small refrigerator', 'mini fridge', (0.45, 0.58), (0.44, 0.58), (0.5, 0.9), tags='small')
def _one_door_refrigerator(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    x = d / 2 - 0.045
    bar = box((0.02, 0.025, h * 0.3), (d / 2 - 0.01, (1 if rng.random() < 0.5 else -1) * (w / 2 - 0.06), h * 0.4))
    body = Part(box((d - 0.075, w, h), (-0.037, 0, 0)), headroom=0.6)
    return [body, Part(box((0.05, w, h - 0.06), (x, 0, 0.05)), _front_slot(rng)), Part(bar, 'metal')]


@variant('refrigerator', 'rounded refrigerator', 'refrigerator', (0.58, 0.72), (0.54, 0.68), (1.1, 1.7), tags='tall')
def _rounded_refrigerator(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    outline = rounded_rectangle(d - 0.06, w, 5.0, 20)
    body = stretch(
        outline, [(0.96, 0.96, 0.06), (1, 1, 0.12), (1, 1, h - 0.1), (0.96, 0.96, h - 0.03), (0.85, 0.85, h)], (-0.03, 0, 0)
    )
    door = box((0.05, w * 0.84, h - 0.26), (d / 2 - 0.05, 0, 0.14))
    bar = box((0.03, 0.16, 0.03), (d / 2 - 0.015, (1 if rng.random() < 0.5 else -1) * w * 0.28, h * 0.62))
    return [Part(body), Part(door, _front_slot(rng)), Part(bar, 'metal'), Part(four_legs(d * 0.7, w * 0.8, 0.08, 0.04), 'dark')]


@variant('refrigerator', 'double refrigerator', 'refrigerator', (0.65, 0.8), (0.85, 1.0), (1.6, 1.9), only='val', tags='tall')
def _double_refrigerator(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    x = d / 2 - 0.045
    doors = [box((0.05, w / 2 - 0.006, h - 0.06), (x, y * w / 4, 0.05)) for y in (-1, 1)]
    bars = [box((0.02, 0.025, h * 0.45), (d / 2 - 0.01, y * 0.05, h * 0.35)) for y in (-1, 1)]
    dispenser = box((0.012, w * 0.2, 0.3), (d / 2 - 0.016, -w * 0.25, h * 0.55))
    return [
        Part(box((d - 0.075, w, h), (-0.037, 0, 0)), headroom=0.6),
        Part(join(doors)),
        Part(join(bars), 'metal'),
        Part(dispenser, 'dark'),
    ]


@variant('refrigerator', 'chest cooler', 'cooler', (0.5, 0.65), (0.75, 1.1), (0.75, 0.9), only='val', tags='small')
def _chest_cooler(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    lid = box((d, w, 0.09), (0, 0, h - 0.09))
    return [
        Part(box((d * 0.96, w * 0.97, h - 0.09), (0, 0, 0))),
        Part(lid, _front_slot(rng), headroom=0.5),
        Part(box((0.02, 0.18, 0.03), (d / 2 - 0.01, 0, h - 0.13)), 'metal'),
    ]
