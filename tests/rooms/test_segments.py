"""An annotation is made of segments: they part objects, their ids have gaps, and faint objects stay unannotated."""

import numpy as np
import pytest
from hand_made import Thing, hand_made_room

from uniseg3d.rooms.scene import Room, RoomScan
from uniseg3d.rooms.segments import LEAST_POINTS, annotate

THINGS = [Thing('table', (2, 2, 0)), Thing(None, (4, 2, 0)), Thing('chair', (5, 4, 0))]  # objects 1, 2 and 3


def scan_of(owners: list[int], side: int = 12) -> RoomScan:
    """One flat sheet of ``side`` x ``side`` vertices, cut into columns of equal width that belong to ``owners``."""
    x, y = np.meshgrid(np.arange(side), np.arange(side), indexing='ij')
    points = np.column_stack([x.ravel(), y.ravel(), np.zeros(side * side)]).astype(np.float32) * 0.03
    corner = (x[:-1, :-1] * side + y[:-1, :-1]).ravel()
    faces = np.concatenate([
        np.column_stack([corner, corner + side, corner + 1]),
        np.column_stack([corner + side, corner + side + 1, corner + 1]),
    ])  # fmt: skip
    owner = np.array(owners)[x.ravel() * len(owners) // side].astype(np.int32)
    return RoomScan(points, np.full((side * side, 3), 128, np.uint8), faces.astype(np.int32), owner, 0.1)


@pytest.fixture
def room() -> Room:
    return hand_made_room(THINGS)


def test_a_flat_sheet_of_two_objects_is_cut_at_their_border(room: Room) -> None:
    scan = scan_of([1, 3])
    annotation = annotate(room, scan)
    assert [(thing.room_id, thing.label) for thing in annotation.objects] == [(1, 'table'), (3, 'chair')]
    first, second = (set(thing.segments.tolist()) for thing in annotation.objects)
    assert first and second and not first & second
    for thing in annotation.objects:
        np.testing.assert_array_equal(np.isin(annotation.segments, thing.segments), scan.vertex_object == thing.room_id)


def test_segments_are_named_after_one_of_their_vertices(room: Room) -> None:
    annotation = annotate(room, scan_of([1, 2, 3]))
    names = np.unique(annotation.segments)
    np.testing.assert_array_equal(annotation.segments[names], names)
    assert names[-1] >= len(names), 'ids have gaps, as in real scans'


def test_clutter_and_noise_are_cut_too_but_never_annotated(room: Room) -> None:
    scan = scan_of([1, 2, -1])
    annotation = annotate(room, scan)
    assert [thing.room_id for thing in annotation.objects] == [1]
    for owner in (2, -1):
        mine = np.unique(annotation.segments[scan.vertex_object == owner])
        assert len(mine) and not np.isin(mine, annotation.segments[scan.vertex_object != owner]).any()
    assert annotation.file_ids(room).tolist() == [-1, 0, -1, -1, -1]


@pytest.mark.parametrize(('points', 'annotated'), [(LEAST_POINTS - 1, False), (LEAST_POINTS, True)])
def test_an_object_needs_enough_points(room: Room, points: int, annotated: bool) -> None:
    scan = scan_of([1])
    scan.vertex_object[:points] = 3
    annotation = annotate(room, scan)
    assert (3 in [thing.room_id for thing in annotation.objects]) == annotated
    assert annotation.file_ids(room)[3] == (1 if annotated else -1)
