"""What a set of rooms contains, and whether a room is physically sound. Looks only at finished rooms."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import ConvexHull

from uniseg3d.rooms.furniture import VARIANTS
from uniseg3d.rooms.scene import Room, RoomObject

SURFACES = ('wall', 'floor', 'ceiling')
DEPTH = 0.012  # metres that two solids may sink into each other before it is reported
CONTACT = 0.03  # metres between a thing and what carries it
EMBEDDED = 0.2  # metres that doors and windows may reach into their wall
_KINDS = {variant.name: kind for kind, variants in VARIANTS.items() for variant in variants}


@dataclass
class RoomStatistics:
    """Counts over several rooms."""

    rooms: int
    classes: Counter[str] = field(default_factory=Counter)  # objects of each thing class
    raw_categories: Counter[str] = field(default_factory=Counter)
    variants: Counter[str] = field(default_factory=Counter)
    objects: list[int] = field(default_factory=list)  # things of the classes, per room
    clutter: list[int] = field(default_factory=list)  # things of no class, per room
    repeated: int = 0  # rooms with at least two objects of one class
    faces: list[int] = field(default_factory=list)
    free_floor: list[float] = field(default_factory=list)  # connected walkable share, per room
    heights: dict[str, list[float]] = field(default_factory=dict)  # top of every object, by class, metres
    colors: dict[str, Counter[str]] = field(default_factory=dict)  # colour words by class


def room_statistics(rooms: Sequence[Room]) -> RoomStatistics:
    """Class coverage, object counts, sizes and colours."""
    statistics = RoomStatistics(len(rooms))
    for room in rooms:
        kinds = Counter[str]()
        for thing in furniture(room):
            kind = class_of(thing)
            kinds[kind] += 1
            statistics.variants[thing.variant] += 1
            statistics.raw_categories[str(thing.raw_category)] += 1
            statistics.heights.setdefault(kind, []).append(float(thing.box[1, 2]))
            statistics.colors.setdefault(kind, Counter())[str(thing.color_name)] += 1
        statistics.clutter.append(kinds.pop('clutter', 0))
        statistics.classes.update(kinds)
        statistics.objects.append(kinds.total())
        statistics.repeated += max(kinds.values(), default=0) > 1
        statistics.faces.append(len(room.faces))
        statistics.free_floor.append(free_floor_share(room))
    return statistics


def class_of(thing: RoomObject) -> str:
    """ScanNet class of an object, 'clutter' for none, or the kind of surface."""
    return _KINDS.get(thing.variant, thing.variant)


def furniture(room: Room) -> list[RoomObject]:
    """Everything but walls, floors and ceilings."""
    return [thing for thing in room.objects if thing.variant not in SURFACES]


def check_room(room: Room) -> list[str]:
    """Sentences about everything that is physically wrong: bounds, support, interpenetration, no room to walk."""
    problems = _check_bounds(room) + _check_support(room) + _check_penetration(room)
    share = free_floor_share(room)
    if share < 0.25:
        problems.append(f'{room.name}: only {share:.0%} of the floor is free and connected, expected at least 25%')
    return problems


def free_floor_share(room: Room, cell: float = 0.05, walker: float = 0.2) -> float:
    """Share of the floor in the largest region that something of radius ``walker`` metres can cover."""
    low = np.min([outline.min(0) for outline in room.outline], 0) - 2 * cell
    high = np.max([outline.max(0) for outline in room.outline], 0) + 2 * cell
    shape = np.ceil((high - low) / cell).astype(int)
    grid = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing='ij'), -1)
    floor = np.any([_inside(outline, low + (grid + 0.5) * cell) for outline in room.outline], 0)
    points, owner = _surface_points(room)
    rows = np.clip(((points[:, :2] - low) / cell).astype(int), 0, shape - 1)
    variants = np.array([thing.variant for thing in room.objects])[owner]
    floor[tuple(rows[variants == 'floor'].T)] = True  # the doorstep between two rooms
    floor = ndimage.binary_closing(floor)  # random points leave single cells of it out
    blocked = ~floor
    obstacle = (points[:, 2] > 0.02) & (points[:, 2] < 1.7) & ~np.isin(variants, SURFACES)
    blocked[tuple(rows[obstacle].T)] = True
    walk = ndimage.distance_transform_edt(~blocked) * cell > walker
    labels, count = ndimage.label(walk)
    largest = labels == 1 + int(np.bincount(labels[labels > 0], minlength=2)[1:].argmax()) if count else np.zeros(shape, bool)
    reached = ndimage.distance_transform_edt(~largest) * cell < walker
    return float((reached & floor).sum() / floor.sum())


def _inside(outline: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Which points [..., 2] lie in a polygon [P, 2] (crossing count)."""
    crossings = np.zeros(points.shape[:-1], int)
    for (x0, y0), (x1, y1) in zip(outline, np.roll(outline, -1, 0), strict=True):
        between = (y0 > points[..., 1]) != (y1 > points[..., 1])
        with np.errstate(divide='ignore', invalid='ignore'):
            x = x0 + (points[..., 1] - y0) / (y1 - y0) * (x1 - x0)
        crossings += between & (points[..., 0] < x)
    return crossings % 2 == 1


def _surface_points(room: Room, spacing: float = 0.03) -> tuple[np.ndarray, np.ndarray]:
    """Points spread evenly over all triangles [P, 3] and the object each belongs to [P]."""
    corners = room.vertices[room.faces].astype(float)
    a, b, c = corners.transpose(1, 0, 2)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    counts = np.maximum(1, np.ceil(area / spacing**2)).astype(int)
    face = np.repeat(np.arange(len(counts)), counts)
    u, v = np.random.default_rng(0).random((2, len(face)))
    flip = u + v > 1
    u, v = np.where(flip, 1 - u, u)[:, None], np.where(flip, 1 - v, v)[:, None]
    return a[face] + u * (b - a)[face] + v * (c - a)[face], room.face_object[face]


def _check_bounds(room: Room) -> list[str]:
    problems = []
    for thing in furniture(room):
        vertices = _vertices(room, thing)
        if vertices[:, 2].min() < -1e-3 or vertices[:, 2].max() > room.height + 1e-3:
            problems.append(f'{room.name}: {_label(thing)} leaves the height of the room')
        reach = EMBEDDED if class_of(thing) in ('door', 'window') else 1e-3
        if not np.any([_near_polygon(outline, vertices[:, :2], reach) for outline in room.outline], 0).all():
            problems.append(f'{room.name}: {_label(thing)} sticks out of the floor plan')
    return problems


def _near_polygon(outline: np.ndarray, points: np.ndarray, reach: float) -> np.ndarray:
    """Which points [N, 2] lie inside a polygon or within ``reach`` of its edges."""
    near = _inside(outline, points)
    for start, end in zip(outline, np.roll(outline, -1, 0), strict=True):
        edge = end - start
        along = np.clip((points - start) @ edge / (edge @ edge), 0, 1)
        near |= np.linalg.norm(points - start - along[:, None] * edge, axis=1) <= reach
    return near


def _check_support(room: Room) -> list[str]:
    problems = []
    for thing in furniture(room):
        carrier = room.objects[thing.supported_by] if thing.supported_by is not None else None
        if carrier is None or not _touches(room, thing, carrier):
            what = 'nothing' if carrier is None else _label(carrier)
            problems.append(f'{room.name}: {_label(thing)} is carried by {what} but does not touch it')
    return problems


def _touches(room: Room, thing: RoomObject, carrier: RoomObject) -> bool:
    if carrier.variant == 'floor':
        return bool(thing.box[0, 2] < 0.005)
    if carrier.variant == 'wall':  # walls are parallel to the axes
        return bool(((thing.box[0] <= carrier.box[1] + CONTACT) & (thing.box[1] >= carrier.box[0] - CONTACT)).all())
    ours, theirs = (room.faces[room.face_object == one.object_id] for one in (thing, carrier))
    above = _gaps(_vertices(room, thing), room.vertices[theirs].astype(float))
    below = _gaps(_vertices(room, carrier), room.vertices[ours].astype(float))
    return bool((np.abs(above) < CONTACT).any() or (np.abs(below) < CONTACT).any())


def _gaps(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Vertical distance of points [N, 3] from triangles [T, 3, 3] that lie under or over them, else infinity; [N, T]."""
    a, b, c = triangles.transpose(1, 0, 2)
    area = _cross2(b - a, c - a)
    flat = points[:, None]
    with np.errstate(divide='ignore', invalid='ignore'):
        u = _cross2(flat - a, c - a) / area
        v = _cross2(b - a, flat - a) / area
        z = a[:, 2] + u * (b - a)[:, 2] + v * (c - a)[:, 2]
        over = (np.abs(area) > 1e-9) & (u >= -1e-6) & (v >= -1e-6) & (u + v <= 1 + 1e-6)
    return np.where(over, points[:, None, 2] - z, np.inf)


def _cross2(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def _check_penetration(room: Room) -> list[str]:
    """Surface points of one object deep inside a convex solid of another."""
    points, owner = _surface_points(room)
    things = furniture(room)
    ids = [thing.object_id for thing in things]
    points, owner = points[np.isin(owner, ids)], owner[np.isin(owner, ids)]
    found: dict[tuple[int, int], float] = {}
    around = {thing.object_id: np.flatnonzero(_within(points, thing.box, 0.0) & (owner != thing.object_id)) for thing in things}
    for solid, holder in _solids(room, ids):
        near = around[holder]
        near = near[_within(points[near], np.stack([solid.min(0), solid.max(0)]), DEPTH)]
        if not len(near):
            continue
        planes = ConvexHull(solid).equations
        depth = -(points[near] @ planes[:, :3].T + planes[:, 3]).max(1)
        for other in np.unique(owner[near][depth > DEPTH]):
            pair = (min(holder, int(other)), max(holder, int(other)))
            found[pair] = max(found.get(pair, 0.0), float(depth[owner[near] == other].max()))
    names = {thing.object_id: _label(thing) for thing in things}
    return [f'{room.name}: {names[a]} and {names[b]} interpenetrate by {100 * d:.1f} cm' for (a, b), d in found.items()]


def _within(points: np.ndarray, box: np.ndarray, margin: float) -> np.ndarray:
    """Which points [P, 3] lie in a box [2, 3], more than ``margin`` from its sides."""
    return ((points > box[0] + margin) & (points < box[1] - margin)).all(1)


def _solids(room: Room, ids: Sequence[int]) -> list[tuple[np.ndarray, int]]:
    """Vertices of every connected piece of the named objects, with the object's id."""
    count = len(room.vertices)
    edges = room.faces[:, [0, 1, 1, 2]].reshape(-1, 2)
    graph = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), (count, count))
    pieces, piece = connected_components(graph, directed=False)
    owner = np.full(pieces, -1)
    owner[piece[room.faces[:, 0]]] = room.face_object
    order = np.argsort(piece, kind='stable')
    groups = np.split(order, np.flatnonzero(np.diff(piece[order])) + 1)
    wanted = set(ids)
    return [(room.vertices[group].astype(float), int(owner[i])) for i, group in enumerate(groups) if int(owner[i]) in wanted]


def _vertices(room: Room, thing: RoomObject) -> np.ndarray:
    return room.vertices[np.unique(room.faces[room.face_object == thing.object_id])].astype(float)


def _label(thing: RoomObject) -> str:
    return f'object {thing.object_id} ({thing.variant})'
