"""Pieces of furniture that belong together: a bed and its night tables, a table and its chairs, a sink in its counter."""

import numpy as np

from uniseg3d.rooms.furniture.tables import cut
from uniseg3d.rooms.item import Item, twin
from uniseg3d.rooms.placement import Layout


def bed_group(room: Layout) -> None:
    """A bed with its head to a wall, pillows, and maybe tables beside it."""
    bed = room.new('bed')
    if not room.against_wall(bed, corner=room.chance(0.4)):
        return
    for _ in range(int(room.rng.integers(1, 4))):
        room.on_top(room.new('clutter', 'bed'), bed, turn=float(room.rng.normal(0, 0.1)), front=0.3)
    for side in (-1, 1):
        if room.chance(0.6):
            table = room.new('table', 'end')
            x = -bed.size[0] / 2 + table.size[0] / 2 + 0.02
            if room.beside(table, bed, x, side * (bed.size[1] / 2 + table.size[1] / 2 + room.rng.uniform(0.02, 0.15))):
                room.on_top(room.new('clutter', 'top'), table)
    if room.chance(0.25):
        bench = room.new('otherfurniture', 'bed')
        room.beside(bench, bed, bed.size[0] / 2 + bench.size[0] / 2 + 0.06, 0.0)


def dining_group(room: Layout) -> None:
    """A table with chairs around it, some pushed under."""
    table = room.new('table', 'dining')
    if not room.freely(table, margin=0.45, turned=room.chance(0.2)):
        return
    wide = table.size[1] > 1.3
    places: list[tuple[int, float | None]] = [(side, y) for side in (-1, 1) for y in ((-0.25, 0.25) if wide else (0.0,))]
    places += [(end, None) for end in (-2, 2)]
    first = room.new('chair', 'table')
    for side, y in places:
        if room.chance(0.75):
            chair = _another(room, first, 'table')
            _seat(room, table, chair, side, y)
    _scatter(room, table, 'top', 0, 2)


def _another(room: Layout, first: Item, tag: str) -> Item:
    """A chair of the same set, mostly; sometimes one from elsewhere."""
    if room.chance(0.75):
        return twin(room.rng, first, same_paint=room.chance(0.6))
    return room.new('chair', tag)


def _seat(room: Layout, table: Item, chair: Item, side: int, y: float | None) -> Item | None:
    """Pull a chair to a side (-1, 1: along x) or an end (-2, 2: along y) of a table, facing it."""
    sign = float(np.sign(side))
    for tuck in (room.rng.uniform(0.05, 0.3), 0.0, -0.12):
        noise = float(room.rng.normal(0, 0.12))
        if abs(side) == 1:
            x, shift = sign * (table.size[0] / 2 + chair.size[0] / 2 - tuck + 0.03), (y or 0.0) * table.size[1]
            turn = np.pi if sign > 0 else 0.0
        else:
            x, shift = 0.0, sign * (table.size[1] / 2 + chair.size[0] / 2 - tuck + 0.03)
            turn = -sign * np.pi / 2
        if room.beside(chair, table, x, shift, turn + noise, tuck=True):
            return chair
    return None


def _scatter(room: Layout, support: Item, tag: str, least: int, most: int) -> None:
    """Put some clutter on a piece of furniture."""
    for _ in range(int(room.rng.integers(least, most + 1))):
        room.on_top(room.new('clutter', tag), support)


def desk_group(room: Layout) -> None:
    """A desk at a wall with a chair, a screen and small things on it."""
    desk = room.new('desk')
    if not room.against_wall(desk, corner='corner' in desk.variant.tags):
        return
    _seat(room, desk, room.new('chair', 'desk'), 1, float(room.rng.uniform(-0.15, 0.15)))
    if room.chance(0.7):
        room.on_top(room.new('clutter', 'screen'), desk, turn=float(room.rng.normal(0, 0.15)), front=0.6)
    _scatter(room, desk, 'top', 0, 2)
    if room.chance(0.5):
        room.against_wall(room.new('otherfurniture', 'small'))


def sofa_group(room: Layout) -> None:
    """A sofa with a low table before it and armchairs around, a television opposite."""
    sofa = room.new('sofa')
    corner = 'corner' in sofa.variant.tags
    if not room.against_wall(sofa, corner=corner):
        sofa = room.new('sofa', 'lounge')
        if not room.against_wall(sofa):
            return
    _scatter(room, sofa, 'seat', 0, 2)
    table = room.new('table', 'coffee')
    gap = float(room.rng.uniform(0.3, 0.5))
    far = sofa.size[0] / 2 + gap + table.size[0] / 2
    if room.beside(table, sofa, far, float(room.rng.uniform(-0.3, 0.3))):
        _scatter(room, table, 'top', 0, 1)
    first = room.new('chair', 'lounge')
    for side in (-1, 1):
        if room.chance(0.55):
            chair = twin(room.rng, first, same_paint=room.chance(0.4)) if room.chance(0.6) else room.new('chair', 'lounge')
            reach = sofa.size[1] / 2 + chair.size[0] / 2 + room.rng.uniform(0.1, 0.4)
            turn = -side * np.pi / 2 + room.rng.normal(0, 0.3)
            room.beside(chair, sofa, sofa.size[0] / 2 + gap + 0.2, side * reach, float(turn))
    if room.chance(0.6):
        television_group(room)


def television_group(room: Layout) -> None:
    """A television on its stand."""
    stand = room.new('otherfurniture', 'tv')
    if room.against_wall(stand):
        screen = room.new('clutter', 'television')
        for _ in range(20):  # it nearly fills the top, and most draws would let it stick out
            if room.on_top(screen, stand, turn=0.0):
                return


def kitchen_row(room: Layout) -> None:
    """Base cabinet with counter and sink, cabinets on the wall above, a refrigerator."""
    if room.chance(0.9):
        room.against_wall(room.new('refrigerator', 'tall' if room.chance(0.8) else ''), corner=room.chance(0.6))
    unit = sink_unit(room, 'base', 'slab')
    if unit:
        wall, along = room.wall_behind(unit)
        first = room.new('cabinet', 'wall')
        for shift in (-0.5, 0.5):
            other = twin(room.rng, first, same_paint=room.chance(0.7))
            room.hang(other, (1.3, 1.6), wall, along + shift * unit.size[1] * room.rng.uniform(0.7, 1.0))
        _scatter(room, next(item for item in room.items if item.support is unit), 'top', 0, 2)


def island_group(room: Layout) -> None:
    """A counter that stands free."""
    counter = room.new('counter', 'island')
    place = room.freely(counter, margin=0.5, turned=False) if room.chance(0.5) else room.against_wall(counter)
    if place:
        room.on_top(room.new('clutter', 'top'), counter)


def sink_unit(room: Layout, base_tag: str, slab_tag: str) -> Item | None:
    """An open-topped base cabinet, the counter over it, and a sink in or on the counter."""
    base = room.new('cabinet', base_tag)
    slab = room.new('counter', slab_tag, d=base.size[0] + 0.01, w=base.size[1])
    inset = base_tag == 'base' or room.chance(0.6)
    sink = room.new('sink', 'inset' if inset else 'vessel')
    spare = base.size[1] / 2 - sink.size[1] / 2 - 0.04
    if spare < 0 or base.size[0] < sink.size[0] + 0.06:
        return None
    y = float(room.rng.uniform(-spare, spare))
    if inset:
        slab.parts = cut(slab.parts, 0.0, y, sink.size[0] * 0.95, sink.size[1] * 0.95)
    slab.support, sink.support = base, slab

    def top_fits() -> bool:
        top = base.size[2] + float(slab.parts[0].mesh.bounds[1, 2])
        slab.at(base.world(0, 0), base.yaw, base.size[2])
        sink.at(base.world(0, y), base.yaw, top - sink.size[2] if inset else top)
        return room.fits(slab, tuck=True) and room.fits(sink, tuck=True)

    if not room.against_wall(base, corner=room.chance(0.4), also=top_fits):
        return None
    room.keep(slab)
    room.keep(sink)
    return base


def bathtub_group(room: Layout) -> None:
    """A bathtub along a wall and the curtain around it."""
    tub = room.new('bathtub')
    if not room.against_wall(tub, corner=room.chance(0.8)):
        return
    if room.chance(0.9):
        wall, along = room.wall_behind(tub)
        far = tub.size[0] / 2 + float((np.array([tub.x, tub.y]) - wall.start) @ wall.normal)
        rim = tub.size[2] + 0.02
        for low in ((0.15, 0.3), (rim, rim + 0.1)):
            width = min(tub.size[1] * 0.98, wall.length - 0.1)
            if room.hang(room.new('showercurtain', d=far + 0.11, w=width, h=1.9 - low[0]), low, wall, along, tuck=True):
                return


def shower_group(room: Layout) -> None:
    """A curtained corner without a tub."""
    curtain = room.new('showercurtain', w=float(room.rng.uniform(0.85, 1.1)))
    for wall in room.cell.walls:
        if wall.length > curtain.size[1] + 0.1 and room.hang(
            curtain, (0.05, 0.3), wall, wall.length - curtain.size[1] / 2 - 0.03
        ):
            return


def toilet_group(room: Layout) -> None:
    """A toilet and what stands beside it."""
    toilet = room.new('toilet')
    if 'hung' in toilet.variant.tags:
        for _ in range(8):
            if room.hang(toilet, (0.0, 0.12)):
                break
    else:
        room.against_wall(toilet, margin=0.1)
    if room.chance(0.6):
        room.against_wall(room.new('otherfurniture', 'bath'))


def wash_group(room: Layout) -> None:
    """A sink to wash at, with a cabinet over it."""
    if room.chance(0.55):
        sink = sink_unit(room, 'vanity', 'bathslab')
    else:
        sink = room.against_wall(room.new('sink', 'stand'))
    if sink and room.chance(0.6):
        room.hang(room.new('cabinet', 'bathwall'), (1.1, 1.45), *room.wall_behind(sink))
    if room.chance(0.6):
        room.hang(room.new('clutter', 'hang'), (0.8, 1.2))


def shelf_group(room: Layout) -> None:
    """A bookshelf and what is on it."""
    shelf = room.new('bookshelf', 'stand')
    if room.against_wall(shelf):
        for _ in range(int(room.rng.integers(2, 6))):
            room.on_top(room.new('clutter', 'shelf'), shelf, turn=0.0)


def wardrobe_group(room: Layout) -> None:
    """A wardrobe or rack."""
    room.against_wall(room.new('otherfurniture', 'wardrobe'), corner=room.chance(0.5))


def cabinet_group(room: Layout) -> None:
    """A cabinet with something on it."""
    cabinet = room.new('cabinet', 'stand')
    if room.against_wall(cabinet) and cabinet.size[2] < 1.4:
        room.on_top(room.new('clutter', 'top'), cabinet)


def radiator_group(room: Layout) -> None:
    """A radiator on a wall."""
    room.hang(room.new('otherfurniture', 'radiator'), (0.08, 0.25))


def utility_group(room: Layout) -> None:
    """One piece of the class otherfurniture."""
    room.against_wall(room.new('otherfurniture', 'wall' if room.chance(0.5) else 'small'))


def fridge_group(room: Layout) -> None:
    """A small refrigerator."""
    room.against_wall(room.new('refrigerator', 'small'))


def chair_group(room: Layout) -> None:
    """A chair that stands by itself."""
    chair = room.new('chair')
    if room.chance(0.5):
        room.against_wall(chair, gap=0.2)
    else:
        room.freely(chair)


def picture_group(room: Layout) -> None:
    """Pictures on the walls, at any height."""
    for _ in range(int(room.rng.integers(1, 3))):
        room.hang(room.new('picture'), (0.5, 1.7))


def side_table_group(room: Layout) -> None:
    """A small table at a wall with something on it."""
    table = room.new('table', 'end')
    if room.against_wall(table):
        room.on_top(room.new('clutter', 'top'), table)
