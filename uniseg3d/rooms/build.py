"""From a seed to a furnished room."""

import re
import zlib

import numpy as np
from numpy.random import Generator

from uniseg3d.rooms import envelope, floorplan, themes
from uniseg3d.rooms.assembly import Assembly
from uniseg3d.rooms.floorplan import Cell
from uniseg3d.rooms.placement import Layout
from uniseg3d.rooms.scene import Room
from uniseg3d.rooms.shell import add_shell, number_walls


def build_room(name: str, seed: int, split: str) -> Room:
    """Furnish the scene ``name`` (such as room0003_00). The same three arguments always give the same room."""
    rng = np.random.default_rng([seed, zlib.crc32(name.encode()), split == 'val'])
    kinds = themes.scene_themes(split, scene_index(name))
    height = float(rng.uniform(2.35, 3.0))
    cells = _cells(rng, height, kinds)
    number_walls(cells)
    has_ceiling = bool(rng.random() < 0.4)
    layouts = [
        _furnished(rng, cell, kind, split, len(cells), first)
        for first, (cell, kind) in enumerate(zip(cells, kinds, strict=True))
    ]
    assembly = Assembly()
    add_shell(rng, assembly, cells, has_ceiling)
    items = [item for layout in layouts for item in layout.items]
    for number, item in enumerate(items):
        item.object_id = len(assembly.objects) + number
    for item in items:
        assembly.add_item(item)
    return assembly.finish(name, split, seed, [cell.outline for cell in cells], height, has_ceiling)


def scene_index(name: str) -> int:
    """Number in a scene name, 3 for room0003_00."""
    digits = re.search(r'\d+', name)
    return int(digits.group()) if digits else 0


def _cells(rng: Generator, height: float, kinds: tuple[str, ...]) -> list[Cell]:
    if len(kinds) == 2:
        return floorplan.pair(rng, height, kinds[1] in themes.SMALL)
    return [floorplan.single(rng, height, kinds[0] in themes.SMALL)]


def _furnished(rng: Generator, cell: Cell, theme: str, split: str, rooms: int, number: int) -> Layout:
    """One furnished room of ``rooms``."""
    layout = Layout(rng, cell, split)
    layout.floor_id, layout.budget = number, layout.budget // rooms
    if cell.doorway:
        envelope.add_doorway(layout, framed=number == 0 and layout.chance(0.6))
    if number == 0 or layout.chance(0.3):
        envelope.add_door(layout)
    small = theme in themes.SMALL
    envelope.add_windows(layout, int(rng.integers(0, 2 if small else 3)))
    crowd = cell.area**0.5 / (1.2 if rooms == 2 else 1.0)  # a scene of two rooms has about as much as one large room
    themes.furnish(layout, theme, int(crowd * rng.uniform(2.0, 3.6)) + 2)
    themes.add_clutter(layout, int(rng.integers(1, 3) if rooms == 2 or small else rng.integers(2, 6)))
    return layout
