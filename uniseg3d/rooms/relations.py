"""Where things stand to one another, from their boxes; with a margin of doubt, so that no sentence is nearly false.

Every relation is true whatever the viewer's position: nobody has to guess which side is left.
"""

from dataclasses import dataclass

import numpy as np

from uniseg3d.rooms.scene import Room, RoomObject

STRUCTURE = ('wall', 'floor', 'ceiling')
FLOOR_MARGIN = 0.12  # metres; what stands on legs or castors still stands on the floor
NEAR, NOT_NEAR = 0.35, 0.9  # metres between boxes: surely next to, surely not next to
TOUCHING, NOT_TOUCHING = 0.15, 0.5  # metres to a wall
IN_CORNER, NOT_IN_CORNER = 0.35, 1.0  # metres to both walls of a corner, metres to any corner
WALL_REACH = 0.3  # metres; doors and windows lie in the wall and belong to the rooms on both sides


@dataclass(frozen=True)
class Truth:
    """What is certain, and what a person might still accept; between the two lies doubt. ``sure`` implies ``possible``."""

    sure: np.ndarray  # bool, any shape
    possible: np.ndarray  # bool, same shape

    def __and__(self, other: 'Truth') -> 'Truth':
        return Truth(self.sure & other.sure, self.possible & other.possible)

    def __or__(self, other: 'Truth') -> 'Truth':
        return Truth(self.sure | other.sure, self.possible | other.possible)

    def swapped(self) -> 'Truth':
        """The converse of a relation: above becomes below."""
        return Truth(self.sure.T, self.possible.T)


@dataclass(frozen=True)
class Facts:
    """Measures of the things of one room (walls, floor and ceiling left out)."""

    objects: list[RoomObject]
    low: np.ndarray  # [O, 3] metres
    high: np.ndarray  # [O, 3] metres
    extent: np.ndarray  # [O, 3] depth, width, height along the thing's own axes
    standing: np.ndarray  # [O] bool, on the floor
    wall_gap: np.ndarray  # [O] metres to the nearest wall
    corner_gap: np.ndarray  # [O] metres to the farther of the two walls of the nearest corner
    corner_distance: np.ndarray  # [O] metres from the box to the nearest point where walls meet, inner corners of an L too
    same_room: np.ndarray  # [O, O] bool

    @property
    def center(self) -> np.ndarray:
        return (self.low + self.high) / 2  # [O, 3]


def facts_of(room: Room) -> Facts:
    """Measure every thing of ``room``."""
    objects = [o for o in room.objects if o.raw_category not in STRUCTURE]
    boxes = np.stack([o.box for o in objects]).astype(np.float64) if objects else np.zeros((0, 2, 3))
    low, high = boxes[:, 0], boxes[:, 1]
    inside = np.stack([_reaches(low, high, outline) for outline in room.outline], axis=1)  # [O, R]
    gaps = [_wall_gaps(low, high, outline, inside[:, r]) for r, outline in enumerate(room.outline)]
    return Facts(
        objects=objects,
        low=low,
        high=high,
        extent=_own_extents(room, objects),
        standing=low[:, 2] < FLOOR_MARGIN,
        wall_gap=np.min([wall for wall, _ in gaps], axis=0),
        corner_gap=np.min([corner for _, corner in gaps], axis=0),
        corner_distance=_to_points(low, high, np.concatenate(room.outline)),
        same_room=(inside[:, None] & inside[None]).any(-1),
    )


def _own_extents(room: Room, objects: list[RoomObject]) -> np.ndarray:
    """Sizes in each thing's own frame [O, 3]: a chair turned by 45 degrees is no larger than its twin."""
    count = max((o.object_id for o in room.objects), default=-1) + 1
    yaw = np.zeros(count)
    extent = np.zeros((count, 3))
    for thing in room.objects:
        yaw[thing.object_id] = thing.yaw
        extent[thing.object_id] = np.ptp(thing.box, axis=0)
    owner = np.repeat(room.face_object, 3)
    points = room.vertices[room.faces.reshape(-1)].astype(np.float64)
    cos, sin = np.cos(yaw[owner]), np.sin(yaw[owner])
    own = np.stack([cos * points[:, 0] + sin * points[:, 1], cos * points[:, 1] - sin * points[:, 0], points[:, 2]], axis=1)
    low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    np.minimum.at(low, owner, own)
    np.maximum.at(high, owner, own)
    has_faces = np.isfinite(low[:, 0])
    extent[has_faces] = (high - low)[has_faces]
    return extent[[o.object_id for o in objects]]


def _reaches(low: np.ndarray, high: np.ndarray, outline: np.ndarray) -> np.ndarray:
    """Which boxes lie in a floor polygon or in its walls: [O] bool."""
    corners = _footprint(low, high) * 0.8 + ((low + high) / 2)[:, None, :2] * 0.2
    probes = np.concatenate([corners, (low + high)[:, None, :2] / 2], axis=1)  # [O, 5, 2]
    offsets = np.array([[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]]) * WALL_REACH
    inside = _contains(outline, probes[:, :, None] + offsets)  # [O, 5, 5]
    return np.asarray(inside.any(axis=(1, 2)))


def _footprint(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The four floor corners of boxes [O, 4, 2]."""
    x = np.stack([low[:, 0], high[:, 0], high[:, 0], low[:, 0]], axis=1)
    y = np.stack([low[:, 1], low[:, 1], high[:, 1], high[:, 1]], axis=1)
    return np.stack([x, y], axis=-1)


def _to_points(low: np.ndarray, high: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Metres from each footprint to the nearest of some points: [O]."""
    apart = np.maximum(np.maximum(low[:, None, :2] - points, points - high[:, None, :2]), 0)
    return np.linalg.norm(apart, axis=-1).min(axis=1)


def _contains(polygon: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Even-odd rule for points [..., 2]: how many edges cross the ray to the right."""
    start, end = polygon.astype(np.float64), np.roll(polygon, -1, axis=0).astype(np.float64)
    x, y = points[..., None, 0], points[..., None, 1]
    straddles = (start[:, 1] > y) != (end[:, 1] > y)
    rise = np.where(end[:, 1] == start[:, 1], 1.0, end[:, 1] - start[:, 1])
    crossing = start[:, 0] + (y - start[:, 1]) * (end[:, 0] - start[:, 0]) / rise
    return np.asarray((straddles & (x < crossing)).sum(-1) % 2 == 1)


def _wall_gaps(low: np.ndarray, high: np.ndarray, outline: np.ndarray, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Metres to the nearest wall and into the nearest corner of one floor polygon: [O], [O]; inf for what is elsewhere."""
    edge = np.roll(outline, -1, axis=0) - outline  # [E, 2]
    length = np.linalg.norm(edge, axis=1)
    along = edge / length[:, None]
    inward = np.stack([-along[:, 1], along[:, 0]], axis=1)  # left of a counter-clockwise edge
    from_start = _footprint(low, high)[:, :, None] - outline  # [O, 4, E, 2]
    gap = np.maximum((from_start * inward).sum(-1), 0).min(axis=1)  # [O, E]
    position = (from_start * along).sum(-1).mean(axis=1)
    faces_it = inside[:, None] & (position >= 0) & (position <= length)
    gap = np.where(faces_it, gap, np.inf)
    before = np.roll(edge, 1, axis=0)
    convex = before[:, 0] * edge[:, 1] - before[:, 1] * edge[:, 0] > 0
    corner = np.where(convex, np.maximum(gap, np.roll(gap, 1, axis=1)), np.inf)
    return gap.min(axis=1), corner.min(axis=1)


def gaps(facts: Facts) -> np.ndarray:
    """Horizontal metres between boxes [O, O]; 0 where they overlap."""
    apart = np.maximum(facts.low[:, None, :2] - facts.high[None, :, :2], facts.low[None, :, :2] - facts.high[:, None, :2])
    return np.linalg.norm(np.maximum(apart, 0), axis=-1)


def distances(facts: Facts) -> np.ndarray:
    """Horizontal metres between box centres [O, O]."""
    return np.linalg.norm(facts.center[:, None, :2] - facts.center[None, :, :2], axis=-1)


def _share_within(facts: Facts, reach: float) -> np.ndarray:
    """Share of each footprint (row) that lies in each other footprint grown by ``reach`` metres (column): [O, O]."""
    low = np.maximum(facts.low[:, None, :2], facts.low[None, :, :2] - reach)
    high = np.minimum(facts.high[:, None, :2], facts.high[None, :, :2] + reach)
    size = np.maximum(facts.high - facts.low, 1e-3)[:, None, :2]
    return np.clip((high - low) / size, 0, 1).prod(axis=-1)


def _relation(sure: np.ndarray, possible: np.ndarray) -> Truth:
    others = ~np.eye(len(sure), dtype=bool)  # nothing stands next to itself
    return Truth(sure & possible & others, possible & others)


def next_to(facts: Facts) -> Truth:
    """[O, O]: row beside column, both on the floor of the same room. Half under a table is neither beside nor not."""
    gap = gaps(facts)
    both_stand = facts.standing[:, None] & facts.standing[None]
    overlap = np.maximum(_share_within(facts, 0.0), _share_within(facts, 0.0).T)
    return _relation(both_stand & facts.same_room & (gap <= NEAR) & (overlap < 0.1), gap < NOT_NEAR)


def on(facts: Facts) -> Truth:
    """[O, O]: row rests on, or is set into, column."""
    ids = np.array([o.object_id for o in facts.objects])
    supporter = np.array([-1 if o.supported_by is None else o.supported_by for o in facts.objects])
    share = _share_within(facts, 0.0)
    lifted = facts.low[:, None, 2] > facts.low[None, :, 2] + 0.2
    carried = supporter[:, None] == ids[None]
    meets = (facts.low[:, None, 2] < facts.high[None, :, 2] + 0.1) & lifted & (share > 0.05)
    return _relation(carried & lifted & (share > 0.8), carried | meets)


def carrying(facts: Facts) -> Truth:
    """[O, O]: column rests on, or is set into, row."""
    return on(facts).swapped()


def above(facts: Facts) -> Truth:
    """[O, O]: row hangs higher on the wall than column stands, over it; what rests on something is on it, not above it."""
    hangs = facts.low[:, None, 2] >= facts.high[None, :, 2] - 0.02
    carried = on(facts).possible
    sure = hangs & facts.same_room & (_share_within(facts, 0.2) > 0.7) & ~carried & ~facts.standing[:, None]
    higher = facts.center[:, None, 2] > facts.center[None, :, 2]
    return _relation(sure, higher & (_share_within(facts, 0.6) > 0))


def under(facts: Facts) -> Truth:
    """[O, O]: row below column: under a wall-hung thing, or on the floor beneath a table top."""
    beneath = facts.standing[:, None] & (_share_within(facts, 0.0) > 0.95) & (facts.high[:, None, 2] < facts.high[None, :, 2])
    lower = facts.center[:, None, 2] < facts.center[None, :, 2]
    return above(facts).swapped() | _relation(beneath, lower & (_share_within(facts, 0.2) > 0))


def between(facts: Facts) -> Truth:
    """[O, O, O]: row stands between the two columns."""
    center = facts.center[:, :2]
    line = center[None, :] - center[:, None]  # [A, B, 2] from A to B
    length = np.maximum(np.linalg.norm(line, axis=-1), 1e-6)
    offset = center[:, None, None] - center[None, :, None]  # [O, A, 1, 2]
    along = (offset * line).sum(-1) / length**2
    aside = np.abs(offset[..., 0] * line[..., 1] - offset[..., 1] * line[..., 0]) / length
    stand = facts.standing[:, None, None] & facts.standing[None, :, None] & facts.standing[None, None]
    together = facts.same_room[:, :, None] & facts.same_room[:, None, :]
    sure = stand & together & (np.abs(along - 0.5) < 0.25) & (aside < 0.3) & (length < 4.0)
    apart = distances(facts)
    on_the_way = apart[:, :, None] + apart[:, None, :] < 1.4 * length
    possible = ((np.abs(along - 0.5) < 0.5) & (aside < 1.2)) | on_the_way
    others = np.ones_like(sure)
    index = np.arange(len(center))
    others[index, index, :] = others[index, :, index] = others[:, index, index] = False
    return Truth(sure & possible & others, possible & others)


def against_wall(facts: Facts) -> Truth:
    """[O]: touches a wall with a side."""
    return Truth(facts.standing & (facts.wall_gap <= TOUCHING), facts.wall_gap < NOT_TOUCHING)


def in_corner(facts: Facts) -> Truth:
    """[O]: close to both walls of a corner."""
    return Truth(facts.standing & (facts.corner_gap <= IN_CORNER), facts.corner_distance < NOT_IN_CORNER)


def most(among: Truth, measures: np.ndarray, margins: np.ndarray) -> Truth:
    """[O]: smallest of a group in every measure, by a margin.

    Args:
        among: who is compared [O]; a doubtful member must be beaten too, but beats nobody.
        measures: [K, O]; turn the sign for the largest.
        margins: [K] by how much the others must fall behind.
    """
    beats = (measures[:, :, None] + margins[:, None, None] <= measures[:, None, :]).all(axis=0)  # [O, O] row beats column
    np.fill_diagonal(beats, False)
    beats_all = (beats | ~among.possible[None] | np.eye(len(beats), dtype=bool)).all(axis=1)
    beaten = (beats & among.sure[:, None]).any(axis=0)
    return Truth(among.sure & beats_all, among.possible & ~beaten)
