"""From a seed to a furnished room."""

import re
import zlib

import numpy as np
from numpy.random import Generator

from uniseg3d.rooms import envelope, floorplan, themes
from uniseg3d.rooms.assembly import Assembly
from uniseg3d.rooms.floorplan import Cell, Wall
from uniseg3d.rooms.materials import PALE, draw_material
from uniseg3d.rooms.placement import Layout
from uniseg3d.rooms.scene import Material, Room
from uniseg3d.rooms.shapes import Mesh, join


def build_room(name: str, seed: int, split: str) -> Room:
    """Furnish the scene ``name`` (such as room0003_00). The same three arguments always give the same room."""
    rng = np.random.default_rng([seed, zlib.crc32(name.encode()), split == 'val'])
    kinds = themes.scene_themes(split, scene_index(name))
    height = float(rng.uniform(2.35, 3.0))
    cells = _cells(rng, height, kinds)
    walls = [wall for cell in cells for wall in cell.walls]
    for number, wall in enumerate(walls):
        wall.object_id = len(cells) + number  # floors come first
    has_ceiling = bool(rng.random() < 0.4)
    layouts = [
        _furnished(rng, cell, kind, split, len(cells), first)
        for first, (cell, kind) in enumerate(zip(cells, kinds, strict=True))
    ]
    assembly = Assembly()
    _add_shell(rng, assembly, cells, walls, has_ceiling)
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
    layout.floor_id = number
    if cell.doorway:
        envelope.add_doorway(layout, framed=number == 0 and layout.chance(0.6))
    if number == 0 or layout.chance(0.3):
        envelope.add_door(layout)
    small = theme in themes.SMALL
    envelope.add_windows(layout, int(rng.integers(0, 2 if small else 3)))
    themes.furnish(layout, theme, int(rng.integers(7, 11) if rooms == 2 or small else rng.integers(10, 17)))
    themes.add_clutter(layout, int(rng.integers(1, 3) if rooms == 2 or small else rng.integers(2, 6)))
    return layout


def _add_shell(rng: Generator, assembly: Assembly, cells: list[Cell], walls: list[Wall], has_ceiling: bool) -> None:
    """Floors, walls and maybe the ceiling, in the order of their object ids."""
    level = np.eye(4)
    openings = floorplan.jambs(cells[0]) if cells[0].doorway else None
    for number, cell in enumerate(cells):
        floor = cell.floor()
        name, material = draw_material(rng)
        assembly.add_surface('floor', join([floor, openings[1]]) if openings and number == 0 else floor, material, name, level)
    for cell in cells:
        paint = _wall_paint(rng)
        for wall in cell.walls:
            name, material = _wall_paint(rng) if rng.random() < 0.2 else paint
            mesh = wall.mesh()
            if openings and cells[0].doorway and wall is cells[0].doorway[0]:
                mesh = join([mesh, openings[0]])
            assembly.add_surface('wall', mesh, material, name, _wall_frame(wall))
    if has_ceiling:
        name, material = draw_material(rng, PALE)
        assembly.add_surface(
            'ceiling', join([_flipped(cell.floor(cells[0].walls[0].height)) for cell in cells]), material, name, level
        )


def _wall_paint(rng: Generator) -> tuple[str, Material]:
    """Walls are pale more often than furniture, but may have any colour."""
    return draw_material(rng, PALE if rng.random() < 0.6 else ())


def _wall_frame(wall: Wall) -> np.ndarray:
    """World to wall coordinates: along, up, out of the wall; [4, 4]."""
    frame = np.eye(4)
    frame[0, :2], frame[1, :3], frame[2, :2] = wall.direction, (0, 0, 1), wall.normal
    frame[:3, 3] = -frame[:3, :3] @ (*wall.start, 0.0)
    return frame


def _flipped(mesh: Mesh) -> Mesh:
    return Mesh(mesh.vertices, mesh.faces[:, ::-1], mesh.starts)
