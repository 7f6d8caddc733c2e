"""Recurring pieces of furniture: legs, fronts with handles, shells of boxes."""

import numpy as np

from uniseg3d.rooms.furniture.catalogue import Part
from uniseg3d.rooms.shapes import Mesh, Point, box, join, rod


def slanted(start: Point, end: Point, radius: float) -> Mesh:
    """A leaning bar whose lower end, ``start``, is cut off level."""
    bar = rod(start, end, radius)
    lowest = np.array([-np.inf, -np.inf, start[2]])
    return Mesh(np.maximum(bar.vertices, lowest), bar.faces)


def four_legs(depth: float, width: float, height: float, thick: float = 0.045, splay: float = 0.0) -> Mesh:
    """Legs at the corners of a footprint; ``splay`` metres outwards from top to bottom."""
    legs = []
    for x in (-1, 1):
        for y in (-1, 1):
            foot = (x * (depth - thick) / 2, y * (width - thick) / 2, 0.0)
            if splay:
                legs.append(slanted(foot, (foot[0] - x * splay, foot[1] - y * splay, height), thick / 2))
            else:
                legs.append(box((thick, thick, height), foot))
    return join(legs)


def fronts(x: float, width: float, low: float, high: float, columns: int, rows: int, thick: float = 0.02) -> Mesh:
    """Doors or drawers: a grid of thin boxes on the front plane at ``x``, with gaps between them."""
    step_y, step_z = width / columns, (high - low) / rows
    size = (thick, step_y - 0.012, step_z - 0.012)
    cells = [(column, row) for column in range(columns) for row in range(rows)]
    return join([box(size, (x, (c + 0.5) * step_y - width / 2, low + r * step_z + 0.006)) for c, r in cells])


def handles(x: float, width: float, low: float, high: float, columns: int, rows: int, upright: bool = False) -> Mesh:
    """One bar handle on each front of the same grid as ``fronts``."""
    step_y, step_z = width / columns, (high - low) / rows
    long = min(0.16, 0.5 * step_y)
    bars = []
    for column in range(columns):
        side = (0.36 if column % 2 == 0 else -0.36) * step_y if upright and columns > 1 else 0.0
        for row in range(rows):
            y = (column + 0.5) * step_y - width / 2 + side
            z = low + (row + (0.5 if upright else 0.68)) * step_z
            size = (0.025, 0.018, long) if upright else (0.025, long, 0.018)
            bars.append(box(size, (x, y, z)))
    return join(bars)


def carcass(depth: float, width: float, height: float, thick: float = 0.02, back: bool = True, z: float = 0.0) -> list[Mesh]:
    """Two sides, top, bottom and maybe the back of an open case standing at height ``z``."""
    inner = width - 2 * thick
    boards = [box((depth, thick, height), (0, side * (width - thick) / 2, z)) for side in (-1, 1)]
    boards += [box((depth, inner, thick), (0, 0, level)) for level in (z, z + height - thick)]
    if back:
        boards.append(box((0.012, inner, height - 2 * thick), (0.006 - depth / 2, 0, z + thick)))
    return boards


def board(size: Point, at: Point, slot: str = 'main', headroom: float = 9.0) -> Part:
    """A level plate on which things may stand."""
    return Part(box(size, at), slot, headroom)


def star_base(radius: float, height: float, feet: int = 5) -> list[Part]:
    """Swivel base: post, arms and castors."""
    angles = np.arange(feet) * 2 * np.pi / feet
    arms = [rod((0, 0, 0.1), (radius * 0.93 * np.cos(a), radius * 0.93 * np.sin(a), 0.07), 0.018) for a in angles]
    reach = radius - 0.025
    wheels = [box((0.045, 0.045, 0.055), (reach * np.cos(a), reach * np.sin(a), 0)) for a in angles]
    post = rod((0, 0, 0.08), (0, 0, height), 0.028)
    return [Part(join([*arms, post]), 'metal'), Part(join(wheels), 'dark')]
