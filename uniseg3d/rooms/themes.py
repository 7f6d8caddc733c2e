"""Which groups of furniture a kind of room holds, and how a room is furnished."""

from collections.abc import Callable

from uniseg3d.rooms import groups
from uniseg3d.rooms.placement import Layout

Group = Callable[[Layout], None]

# Tried in this order, large things first; the number is the probability.
THEMES: dict[str, list[tuple[Group, float]]] = {
    'bedroom': [
        (groups.bed_group, 1.0),
        (groups.wardrobe_group, 0.8),
        (groups.desk_group, 0.55),
        (groups.bed_group, 0.35),
        (groups.cabinet_group, 0.6),
        (groups.shelf_group, 0.4),
    ],
    'living': [
        (groups.sofa_group, 1.0),
        (groups.shelf_group, 0.8),
        (groups.dining_group, 0.4),
        (groups.sofa_group, 0.35),
        (groups.cabinet_group, 0.6),
        (groups.side_table_group, 0.5),
    ],
    'office': [
        (groups.desk_group, 1.0),
        (groups.desk_group, 0.75),
        (groups.dining_group, 0.3),
        (groups.shelf_group, 0.9),
        (groups.cabinet_group, 0.8),
        (groups.cabinet_group, 0.5),
        (groups.fridge_group, 0.2),
    ],
    'kitchen': [
        (groups.kitchen_row, 1.0),
        (groups.island_group, 0.45),
        (groups.dining_group, 0.85),
        (groups.cabinet_group, 0.4),
        (groups.utility_group, 0.6),
    ],
    'bathroom': [
        (groups.bathtub_group, 1.0),
        (groups.toilet_group, 1.0),
        (groups.wash_group, 1.0),
        (groups.shower_group, 0.35),
        (groups.cabinet_group, 0.35),
        (groups.utility_group, 0.5),
    ],
    'studio': [
        (groups.bed_group, 0.9),
        (groups.kitchen_row, 0.9),
        (groups.sofa_group, 0.6),
        (groups.desk_group, 0.5),
        (groups.shelf_group, 0.5),
        (groups.dining_group, 0.4),
    ],
    'guest room': [
        (groups.bed_group, 1.0),
        (groups.sofa_group, 0.7),
        (groups.wardrobe_group, 0.6),
        (groups.fridge_group, 0.6),
        (groups.side_table_group, 0.5),
    ],
    'workshop': [
        (groups.desk_group, 1.0),
        (groups.island_group, 0.8),
        (groups.shelf_group, 0.8),
        (groups.sofa_group, 0.5),
        (groups.cabinet_group, 0.7),
        (groups.fridge_group, 0.7),
    ],
}
FILLERS: list[Group] = [groups.chair_group, groups.chair_group, groups.cabinet_group, groups.utility_group]
FILLERS += [groups.side_table_group, groups.shelf_group, groups.radiator_group]
LARGE_FILLERS: list[Group] = [groups.desk_group, groups.dining_group, groups.sofa_group]
SMALL = ('bathroom',)

# One or two rooms per scene; a split runs through its list again and again. The first three already show most classes.
SCENES: dict[str, list[tuple[str, ...]]] = {
    'train': [
        ('bedroom', 'bathroom'),
        ('living', 'kitchen'),
        ('office',),
        ('bathroom',),
        ('studio',),
        ('kitchen',),
        ('bedroom',),
        ('living',),
        ('bathroom',),
        ('kitchen', 'bathroom'),
    ],
    'val': [
        ('living', 'bathroom'),
        ('bedroom', 'kitchen'),
        ('workshop',),
        ('guest room', 'bathroom'),
        ('bathroom',),
        ('studio',),
        ('living',),
        ('office', 'bathroom'),
        ('kitchen',),
        ('bedroom',),
    ],
}


def furnish(room: Layout, theme: str, target: int) -> None:
    """Fill a room: the theme's groups, then single pieces until about ``target`` annotated objects are there."""
    for group, share in THEMES[theme]:
        if room.chance(share) and room.annotated() < target + 3 and room.affordable():
            group(room)
    fillers = FILLERS if theme in SMALL else FILLERS + LARGE_FILLERS
    for _ in range(8):
        if room.annotated() >= target or not room.affordable():
            break
        fillers[room.rng.integers(len(fillers))](room)
    groups.picture_group(room)


def add_clutter(room: Layout, count: int) -> None:
    """Things on the floor that belong to no class."""
    for _ in range(count if room.affordable() else 0):
        thing = room.new('clutter', 'floor')
        if room.chance(0.6):
            room.against_wall(thing, gap=0.3)
        else:
            room.freely(thing, margin=0.05)


def scene_themes(split: str, index: int) -> tuple[str, ...]:
    """Themes of the rooms of scene number ``index``."""
    scenes = SCENES[split]
    return scenes[index % len(scenes)]
