"""Doors and windows. They sit in a hole of the wall: x < 0 is the depth of the wall, x > 0 the room."""

import numpy as np
from numpy.random import Generator

from uniseg3d.rooms.furniture.catalogue import Part, variant
from uniseg3d.rooms.shapes import Mesh, box, circle, cylinder, join, loft

LINING = 0.05  # width of the frame bars inside the hole, metres


def bars(d: float, w: float, h: float, thick: float = LINING, sill: bool = True) -> Mesh:
    """Frame around a hole: two posts, a lintel and maybe a bottom bar."""
    posts = [box((d, thick, h), (0, side * (w - thick) / 2, 0)) for side in (-1, 1)]
    beams = [box((d, w - 2 * thick, thick), (0, 0, h - thick))]
    if sill:
        beams.append(box((d, w - 2 * thick, thick)))
    return join(posts + beams)


def _leaf(rng: Generator, parts: list[Part], d: float, w: float) -> list[Part]:
    """Hang a leaf built around the middle of the frame: shut or swung into the room about its post."""
    if rng.random() < 0.6:
        return parts
    side = 1 if rng.random() < 0.5 else -1
    angle = rng.uniform(0.9, 1.56) * side
    hinge = (d / 2, side * (w / 2 - LINING), 0.0)
    return [Part(part.mesh.moved(d / 2).turned(angle, 'z', hinge), part.slot) for part in parts]


def _knob(w: float, x: float, z: float) -> Part:
    return Part(join([box((0.05, 0.12, 0.025), (side * x, w / 2 - 0.1, z)) for side in (-1, 1)]), 'metal')


@variant('door', 'flush door', ('door', 'closet door'), (0.1, 0.14), (0.72, 1.02), (1.88, 2.2), tags='hinged')
def _flush_door(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    wide = w - 2 * LINING - 0.006
    leaf = [Part(box((0.04, wide, h - LINING - 0.01), (0, 0, 0.005))), _knob(wide, 0.035, rng.uniform(0.9, 1.1))]
    return [Part(bars(d, w, h, sill=False), 'frame'), *_leaf(rng, leaf, d, w)]


@variant('door', 'panelled door', ('door', 'door', 'closet door'), (0.1, 0.14), (0.72, 1.0), (1.9, 2.15), tags='hinged')
def _panelled_door(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    wide, tall = w - 2 * LINING - 0.006, h - LINING - 0.01
    rows, columns = int(rng.integers(2, 4)), int(rng.integers(1, 3))
    raised = []
    for row in range(rows):
        for column in range(columns):
            size = (0.055, wide / columns - 0.13, tall / rows - 0.15)
            raised.append(box(size, (0, (column + 0.5) * wide / columns - wide / 2, row * tall / rows + 0.08)))
    slot = 'second' if rng.random() < 0.25 else 'main'
    leaf = [Part(box((0.036, wide, tall), (0, 0, 0.005))), Part(join(raised), slot), _knob(wide, 0.04, rng.uniform(0.9, 1.1))]
    return [Part(bars(d, w, h, sill=False), 'frame'), *_leaf(rng, leaf, d, w)]


@variant('door', 'glazed door', 'door', (0.1, 0.14), (0.75, 1.05), (1.92, 2.2), tags='hinged')
def _glazed_door(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    wide, tall, low = w - 2 * LINING - 0.006, h - LINING - 0.01, rng.uniform(0.12, 0.9)
    rails = [box((0.042, 0.11, tall), (0, side * (wide / 2 - 0.055), 0.005)) for side in (-1, 1)]
    rails += [box((0.042, wide, low), (0, 0, 0.005)), box((0.042, wide, 0.12), (0, 0, tall - 0.115))]
    rails += [box((0.04, wide, 0.03), (0, 0, z)) for z in np.linspace(low, tall - 0.12, 4)[1:-1]]
    leaf = [Part(join(rails)), Part(box((0.014, wide - 0.2, tall - low - 0.12), (0, 0, low)), 'glass'), _knob(wide, 0.035, 1.0)]
    return [Part(bars(d, w, h, sill=False), 'frame'), *_leaf(rng, leaf, d, w)]


@variant('door', 'double door', 'doors', (0.1, 0.14), (1.2, 1.7), (1.95, 2.2), only='val', tags='wide')
@variant('door', 'sliding door', ('closet doors', 'sliding door'), (0.1, 0.14), (1.2, 1.8), (1.9, 2.2), only='val', tags='wide')
def _double_door(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    wide, shift = w / 2 - LINING, rng.choice([0.0, 0.022])
    leaves = [box((0.04, wide, h - LINING - 0.01), (side * shift, side * wide / 2 * 0.995, 0.005)) for side in (-1, 1)]
    pulls = [box((0.02, 0.03, 0.3), (0.03 + shift, side * 0.07, 0.9)) for side in (-1, 1)]
    return [Part(bars(d, w, h, sill=False), 'frame'), Part(join(leaves)), Part(join(pulls), 'metal')]


@variant('door', 'louvre door', ('closet door', 'door'), (0.1, 0.14), (0.7, 0.95), (1.9, 2.15), only='val', tags='hinged')
def _louvre_door(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    wide, tall = w - 2 * LINING - 0.006, h - LINING - 0.01
    rails = [box((0.04, 0.09, tall), (0, side * (wide / 2 - 0.045), 0.005)) for side in (-1, 1)]
    rails += [box((0.04, wide, 0.12), (0, 0, z)) for z in (0.005, tall / 2, tall - 0.115)]
    slats = [box((0.05, wide - 0.16, 0.035), (0, 0, z)) for z in np.arange(0.14, tall - 0.14, 0.075)]
    return [Part(bars(d, w, h, sill=False), 'frame'), *_leaf(rng, [Part(join(rails)), Part(join(slats))], d, w)]


@variant('door', 'doorframe', 'doorframe', (0.14, 0.2), (0.8, 2.0), (1.95, 2.2), tags='doorway')
def _doorframe(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    return [Part(bars(d, w, h, 0.07, sill=False))]


def _pane(d: float, w: float, h: float) -> Part:
    """Glass or closed blind at the outer side of the hole."""
    return Part(box((0.015, w - 0.02, h - 0.02), (0.02 - d / 2, 0, 0.01)), 'glass')


@variant('window', 'plain window', 'window', (0.1, 0.16), (0.6, 1.5), (0.6, 1.5))
def _plain_window(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    parts = [Part(bars(d, w, h, rng.uniform(0.04, 0.09))), _pane(d, w, h)]
    if rng.random() < 0.6:
        parts.append(Part(box((0.12, w + 0.1, 0.03), (d / 2, 0, -0.03))))
    return parts


@variant('window', 'cross-bar window', 'window', (0.1, 0.16), (0.7, 1.8), (0.8, 1.7))
def _cross_bar_window(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    columns, rows = int(rng.integers(2, 4)), int(rng.integers(1, 4))
    mullions = [box((d * 0.5, 0.04, h), (0, w * (c / columns - 0.5), 0)) for c in range(1, columns)]
    mullions += [box((d * 0.5, w, 0.04), (0, 0, h * r / rows - 0.02)) for r in range(1, rows)]
    return [Part(bars(d, w, h)), Part(join(mullions)), _pane(d, w, h)]


@variant('window', 'sash window', 'window', (0.12, 0.18), (0.6, 1.2), (1.0, 1.9))
def _sash_window(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    lift = h * rng.uniform(0.45, 0.6)
    rail = box((0.06, w, 0.06), (0, 0, lift))
    lower = join([box((0.03, 0.05, lift), (0.01, side * (w / 2 - 0.07), 0)) for side in (-1, 1)])
    return [Part(bars(d, w, h)), Part(join([rail, lower])), _pane(d, w, h), Part(box((0.1, w + 0.12, 0.04), (d / 2, 0, -0.04)))]


@variant('window', 'ribbon window', 'window', (0.1, 0.16), (1.6, 2.4), (0.45, 0.9), only='val')
def _ribbon_window(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    posts = [box((d * 0.7, 0.06, h), (0, w * place, 0)) for place in (-0.25, 0.0, 0.25)]
    return [Part(bars(d, w, h, 0.06)), Part(join(posts)), _pane(d, w, h)]


@variant('window', 'porthole window', 'window', (0.1, 0.16), (0.7, 1.1), (0.7, 1.1), only='val')
def _porthole_window(rng: Generator, d: float, w: float, h: float) -> list[Part]:
    side = min(w, h)
    plate = box((0.01, w, h))  # the board around the round glass
    outer = np.concatenate([circle(side * 0.47, 16), np.zeros((16, 1))], 1)[:, [2, 0, 1]] + (0.01, 0, h / 2)
    rings = np.stack([outer, outer + (0.04, 0, 0), (outer - (0, 0, h / 2)) * (1, 0.85, 0.85) + (0.04, 0, h / 2)])
    glass = cylinder(side * 0.41, 0.02, sides=16).turned(np.pi / 2, 'y').moved(0.005, 0, h / 2)
    return [Part(plate, 'frame'), Part(loft(rings, caps=False)), Part(glass, 'glass')]
