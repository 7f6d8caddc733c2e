"""The surfaces around a room: floors, walls and ceiling, with their paint and object ids."""

import numpy as np
from numpy.random import Generator

from uniseg3d.rooms.assembly import Assembly
from uniseg3d.rooms.floorplan import Cell, Wall, jambs
from uniseg3d.rooms.materials import PALE, WOODEN, draw_material
from uniseg3d.rooms.scene import Material
from uniseg3d.rooms.shapes import Mesh, join


def number_walls(cells: list[Cell]) -> None:
    """Give every wall the object id it will have: floors come first, one per room, then the walls."""
    for number, wall in enumerate(wall for cell in cells for wall in cell.walls):
        wall.object_id = len(cells) + number


def add_shell(rng: Generator, assembly: Assembly, cells: list[Cell], has_ceiling: bool) -> None:
    """Add floors, walls and maybe the ceiling to an empty assembly, in the order of their object ids."""
    lining, doorstep = jambs(cells[0]) if cells[0].doorway else (None, None)
    for cell in cells:
        name, material = draw_material(rng, WOODEN if rng.random() < 0.5 else ())
        assembly.add_surface('floor', _with(cell.floor(), doorstep), material, name, np.eye(4))
        doorstep = None
    passage = cells[0].doorway[0] if cells[0].doorway else None
    for cell in cells:
        paint = _wall_paint(rng)
        for wall in cell.walls:
            name, material = _wall_paint(rng) if rng.random() < 0.2 else paint
            mesh = _with(wall.mesh(), lining if wall is passage else None)
            assembly.add_surface('wall', mesh, material, name, _wall_frame(wall))
    if has_ceiling:
        name, material = draw_material(rng, PALE)
        mesh = join([_facing_down(cell.floor(cell.walls[0].height)) for cell in cells])
        assembly.add_surface('ceiling', mesh, material, name, np.eye(4))


def _with(mesh: Mesh, more: Mesh | None) -> Mesh:
    return join([mesh, more]) if more else mesh


def _wall_paint(rng: Generator) -> tuple[str, Material]:
    """Walls are pale more often than furniture, but may have any colour."""
    return draw_material(rng, PALE if rng.random() < 0.7 else ())


def _wall_frame(wall: Wall) -> np.ndarray:
    """World to wall coordinates: along, up, out of the wall; [4, 4]."""
    frame = np.eye(4)
    frame[0, :2], frame[1, :3], frame[2, :3] = wall.direction, (0, 0, 1), (*wall.normal, 0)
    frame[:3, 3] = -frame[:3, :3] @ (*wall.start, 0.0)
    return frame


def _facing_down(mesh: Mesh) -> Mesh:
    return Mesh(mesh.vertices, mesh.faces[:, ::-1], mesh.starts)
