"""Class-agnostic masks of what nobody annotated, with the errors that masks lifted from images have.

They stand for masks that a promptable 2D segmenter finds in the frames and that are fused over a scan: a partition of
the vertices, cut at wrong places now and then, of which all that ScanNet20 annotates has been removed.
"""

import numpy as np
from scipy.spatial import cKDTree

from uniseg3d.rooms.scene import Room, RoomScan
from uniseg3d.rooms.vocabulary import kind_of

LEAST_POINTS = 20
MISSED = 0.12  # share of the clutter that no mask shows
MERGED = 0.15  # chance that two neighbours become one mask
SPLIT = 0.2  # chance that one thing becomes two masks
TORN = 0.35  # chance that a piece is missing
INVENTED = 6  # masks of nothing in particular, most of which vanish where the scan is annotated
NEIGHBOURS = 0.12  # metres
BLEEDING = 0.05  # metres over the border, at most
SHRINKING = 0.06  # metres that the mask of what carries a thing takes from its edge, at most


def pseudo_masks(room: Room, scan: RoomScan, rng: np.random.Generator) -> np.ndarray:
    """Masks over the vertices of ``scan``: bool [u, N], disjoint, none on a vertex that ScanNet20 annotates."""
    free = ~_annotated(room)[scan.vertex_object]  # -1, a vertex of unknown origin, reads the last entry
    labels = _things(room, scan, rng)
    points = scan.vertices.astype(np.float64)
    labels = _merge(labels, points, rng)
    labels = _split(labels, points, rng)
    labels = _bleed(labels, points, free, rng)
    labels = _shrink(labels, points, free, rng)
    labels = _tear(labels, points, rng)
    labels = _invent(labels, points, rng)
    labels[~free] = -1
    ids, counts = np.unique(labels[labels >= 0], return_counts=True)
    return labels[None] == ids[counts >= LEAST_POINTS, None]


def _annotated(room: Room) -> np.ndarray:
    """Which object ids ScanNet20 has a class for, things and stuff: bool [ids + 1], the last for 'unknown'."""
    return np.array([kind_of(o.raw_category) is not None for o in room.objects] + [False], dtype=bool)


def _things(room: Room, scan: RoomScan, rng: np.random.Generator) -> np.ndarray:
    """Mask number of each vertex [N] int64, -1 = none: the clutter, less what was overlooked."""
    numbers = np.full(len(room.objects) + 1, -1)
    loose = [o.object_id for o in room.objects if kind_of(o.raw_category) is None and o.raw_category != 'ceiling']
    found = [i for i in loose if rng.random() >= MISSED]
    numbers[found] = np.arange(len(found))
    return numbers[scan.vertex_object]


def _merge(labels: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Under-segmentation: some masks that nearly touch become one."""
    inside = np.flatnonzero(labels >= 0)
    if not len(inside):
        return labels
    pairs = cKDTree(points[inside]).query_pairs(NEIGHBOURS, output_type='ndarray')
    touching = np.sort(labels[inside][pairs], axis=1)
    touching = np.unique(touching[touching[:, 0] != touching[:, 1]], axis=0)
    labels = labels.copy()
    for first, second in touching[rng.random(len(touching)) < MERGED]:
        labels[labels == second] = first
    return labels


def _split(labels: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Over-segmentation: some masks fall apart along a plane near their middle."""
    labels = labels.copy()
    for number in np.unique(labels[labels >= 0]):
        if rng.random() < SPLIT:
            members = np.flatnonzero(labels == number)
            beyond = _along_random_axis(points[members], rng) > rng.uniform(0.3, 0.7)
            labels[members[beyond]] = labels.max() + 1
    return labels


def _along_random_axis(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rank of each point along a random direction, 0..1."""
    order = np.argsort(points @ rng.normal(size=3))
    rank = np.empty(len(points))
    rank[order] = np.linspace(0, 1, len(points))
    return rank


def _bleed(labels: np.ndarray, points: np.ndarray, free: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Masks spill some centimetres over their border, onto whatever lies there, also onto their neighbours."""
    inside = np.flatnonzero(labels >= 0)
    if not len(inside):
        return labels
    outside = np.flatnonzero(free & (labels < 0))
    reach = rng.uniform(0, BLEEDING, labels.max() + 1)
    labels = labels.copy()
    tree = cKDTree(points[inside])
    if len(outside):
        gap, nearest = tree.query(points[outside], distance_upper_bound=BLEEDING)
        spilt = np.isfinite(gap)
        taker = labels[inside[nearest[spilt]]]
        labels[outside[spilt]] = np.where(gap[spilt] < reach[taker], taker, -1)
    # between neighbours the border is ragged: a vertex near the border takes the label of a random nearby vertex
    _, neighbours = tree.query(points[inside], k=min(6, len(inside)))
    picked = np.reshape(neighbours, (len(inside), -1))[:, -1]
    swapped = rng.random(len(inside)) < 0.5
    labels[inside] = np.where(swapped, labels[inside][picked], labels[inside])
    return labels


def _shrink(labels: np.ndarray, points: np.ndarray, free: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Masks of furniture, walls and floor spill too, over the edges of what stands there; they go, and so do the edges."""
    inside = np.flatnonzero(labels >= 0)
    if not len(inside) or free.all():
        return labels
    reach = rng.uniform(0, SHRINKING, labels.max() + 1)
    gap, _ = cKDTree(points[~free]).query(points[inside], distance_upper_bound=SHRINKING)
    labels = labels.copy()
    labels[inside[gap < reach[labels[inside]]]] = -1
    return labels


def _tear(labels: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Some masks miss a piece; all miss single vertices."""
    labels = labels.copy()
    for number in np.unique(labels[labels >= 0]):
        if rng.random() < TORN:
            members = np.flatnonzero(labels == number)
            labels[members[_along_random_axis(points[members], rng) < rng.uniform(0.1, 0.35)]] = -1
    labels[rng.random(len(labels)) < 0.02] = -1
    return labels


def _invent(labels: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Masks around random vertices: parts of furniture, patches of a wall, and the odd real false alarm."""
    labels = labels.copy()
    tree = cKDTree(points)
    for seed in rng.integers(0, len(points), INVENTED) if len(points) else ():
        members = np.array(tree.query_ball_point(points[seed], rng.uniform(0.1, 0.35)))
        members = members[labels[members] < 0]
        labels[members] = labels.max() + 1
    return labels
