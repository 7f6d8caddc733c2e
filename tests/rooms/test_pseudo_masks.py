"""Masks of the clutter: wrong in the ways masks of images are wrong, never on what is annotated."""

import numpy as np
import pytest
from hand_made import Thing, hand_made_room, hand_made_scan

from uniseg3d.rooms import pseudo_masks as module
from uniseg3d.rooms.pseudo_masks import pseudo_masks
from uniseg3d.rooms.scene import Room, RoomScan

SEEDS = range(40)


@pytest.fixture(scope='module')
def room() -> Room:
    """A table with three things on it, two of them close together, and three on the floor, one of them flat."""
    small = (0.4, 0.3, 0.2)
    return hand_made_room(
        [
            Thing('table', (3, 2.5, 0), (1.0, 2.0, 0.75)),
            Thing(None, (3, 2.0, 0.75), small, on=0),
            Thing(None, (3, 2.35, 0.75), small, on=0),
            Thing('monitor', (3, 3.2, 0.75), small, on=0),
            Thing(None, (1, 1, 0), (0.5, 0.5, 0.3)),
            Thing('pillow', (5, 4, 0), (0.5, 0.5, 0.3)),
            Thing(None, (5, 1, 0), (0.6, 0.6, 0.04)),
        ]
    )


@pytest.fixture(scope='module')
def scan(room: Room) -> RoomScan:
    scan = hand_made_scan(room)
    near_clutter = np.linalg.norm(scan.vertices[:, :2] - (1, 1), axis=1) < 0.5
    scan.vertex_object[near_clutter & (scan.vertex_object == 0)] = -1  # a stretch of floor whose origin nobody knows
    return scan


def all_masks(room: Room, scan: RoomScan) -> list[np.ndarray]:
    return [pseudo_masks(room, scan, np.random.default_rng(seed)) for seed in SEEDS]


CLUTTER = (2, 3, 4, 5, 6, 7)
FLAT = CLUTTER.index(7)


def test_shape_and_size(room: Room, scan: RoomScan) -> None:
    for masks in all_masks(room, scan):
        assert masks.dtype == bool and masks.shape[1] == len(scan.vertices)
        assert (masks.sum(axis=1) >= module.LEAST_POINTS).all()
        assert masks.sum(axis=0).max() <= 1, 'a partition'


def test_nothing_annotated_is_covered(room: Room, scan: RoomScan) -> None:
    annotated = np.isin(scan.vertex_object, [0, 1])
    assert not any(masks[:, annotated].any() for masks in all_masks(room, scan))


def overlaps(room: Room, scan: RoomScan) -> np.ndarray:
    """Best IoU of each thing of the clutter with any mask, for every seed: [seeds, things]."""
    found = []
    for masks in all_masks(room, scan):
        truth = scan.vertex_object[None] == np.array(CLUTTER)[:, None]
        both = (truth[:, None] & masks[None]).sum(-1)
        either = (truth[:, None] | masks[None]).sum(-1)
        found.append((both / either).max(axis=1, initial=0))
    return np.array(found)


def test_most_of_the_clutter_is_found_and_little_of_it_perfectly(room: Room, scan: RoomScan) -> None:
    iou = overlaps(room, scan)
    assert 0.6 < (iou > 0.5).mean() < 0.95
    assert 0.5 < iou.mean() < 0.9
    assert (iou > 0.999).mean() < 0.2


def test_the_floor_takes_from_what_lies_flat_on_it(room: Room, scan: RoomScan) -> None:
    iou = overlaps(room, scan)
    assert iou[:, FLAT].mean() < np.delete(iou, FLAT, axis=1).mean() - 0.1
    assert iou[:, FLAT].max() > 0.5


def test_every_kind_of_error_happens(room: Room, scan: RoomScan) -> None:
    shares = []
    for masks in all_masks(room, scan):
        inside = np.array([[(mask & (scan.vertex_object == i)).sum() for i in CLUTTER] for mask in masks]).reshape(
            -1, len(CLUTTER)
        )
        shares.append(inside / np.bincount(scan.vertex_object + 1, minlength=9)[np.array(CLUTTER) + 1])
    assert any((s.sum(axis=0) < 0.05).any() for s in shares), 'overlooked'
    assert any(((s > 0.3).sum(axis=1) > 1).any() for s in shares), 'merged'
    assert any(((s > 0.2).sum(axis=0) > 1).any() for s in shares), 'split'
    assert any(((s.max(axis=1, initial=0) > 0.6) & (s.max(axis=1, initial=0) < 0.92)).any() for s in shares), 'torn'
    unknown = scan.vertex_object == -1
    assert any((masks[:, unknown].any(axis=1) & masks[:, ~unknown].any(axis=1)).any() for masks in all_masks(room, scan)), (
        'spilt'
    )


def test_the_same_seed_errs_the_same(room: Room, scan: RoomScan) -> None:
    first, second = (pseudo_masks(room, scan, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_tidy_room_has_no_masks() -> None:
    room = hand_made_room([Thing('table', (3, 2.5, 0))])
    scan = hand_made_scan(room)
    assert pseudo_masks(room, scan, np.random.default_rng(0)).shape == (0, len(scan.vertices))


def test_an_empty_scan_has_no_masks(room: Room) -> None:
    nothing = RoomScan(
        np.zeros((0, 3), np.float32), np.zeros((0, 3), np.uint8), np.zeros((0, 3), np.int32), np.zeros(0, np.int32), 1.0
    )
    assert pseudo_masks(room, nothing, np.random.default_rng(0)).shape == (0, 0)
