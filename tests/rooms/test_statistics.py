"""Rooms are physically sound, and the check notices when they are not."""

from copy import deepcopy

import numpy as np
import pytest
from built_rooms import some_rooms

from uniseg3d.rooms.scene import Room, RoomObject
from uniseg3d.rooms.statistics import check_room, class_of, free_floor_share, room_statistics


def moved(room: Room, thing: RoomObject, by: tuple[float, float, float]) -> Room:
    """A copy of the room with one object shifted."""
    room = deepcopy(room)
    rows = np.unique(room.faces[room.face_object == thing.object_id])
    room.vertices[rows] += np.array(by, np.float32)
    room.objects[thing.object_id].box += np.array(by, np.float32)
    return room


def standing(room: Room) -> list[RoomObject]:
    """Things on the floor that nothing else rests on, the widest first."""
    carriers = {thing.supported_by for thing in room.objects}
    floors = {thing.object_id for thing in room.objects if thing.variant == 'floor'}
    found = [thing for thing in room.objects if thing.supported_by in floors and thing.object_id not in carriers]
    return sorted(found, key=lambda thing: -float(np.prod(thing.box[1] - thing.box[0])))


@pytest.mark.parametrize('split', ['train', 'val'])
def test_made_rooms_are_sound(split: str) -> None:
    problems = [problem for room in some_rooms(split) for problem in check_room(room)]
    assert problems == []


@pytest.fixture
def room() -> Room:
    return some_rooms('train')[4]


def test_a_floating_thing_is_noticed(room: Room) -> None:
    thing = standing(room)[0]
    problems = check_room(moved(room, thing, (0, 0, 0.1)))
    assert any('does not touch' in problem and f'object {thing.object_id} ' in problem for problem in problems)


def test_a_thing_pushed_through_the_wall_is_noticed(room: Room) -> None:
    thing = standing(room)[0]
    problems = check_room(moved(room, thing, (9, 0, 0)))
    assert any('sticks out' in problem for problem in problems)


def test_a_thing_sunk_into_the_floor_is_noticed(room: Room) -> None:
    thing = standing(room)[0]
    assert any('leaves the height' in problem for problem in check_room(moved(room, thing, (0, 0, -0.2))))


def test_two_things_in_one_place_are_noticed(room: Room) -> None:
    one, other = standing(room)[:2]
    shift = one.box.mean(0) - other.box.mean(0)
    problems = check_room(moved(room, other, (shift[0], shift[1], 0.0)))
    assert any('interpenetrate' in p and one.variant in p and other.variant in p for p in problems)


def test_sentences_name_the_scene(room: Room) -> None:
    problems = check_room(moved(room, standing(room)[0], (0, 0, 0.5)))
    assert problems
    assert all(problem.startswith(f'{room.name}: ') for problem in problems)


def test_free_floor_shrinks_when_a_barrier_cuts_the_room() -> None:
    room = max((room for room in some_rooms('train') if len(room.outline) == 1), key=free_floor_share)
    share = free_floor_share(room)
    assert 0.25 < share < 0.95
    cut = deepcopy(room)
    low, high = room.outline[0].min(0), room.outline[0].max(0)
    middle = (low[0] + high[0]) / 2
    barrier = [[middle, low[1], 0], [middle, high[1], 0], [middle, high[1], 1], [middle, low[1], 1]]
    count = len(cut.vertices)
    cut.vertices = np.concatenate([cut.vertices, np.array(barrier, np.float32)])
    cut.faces = np.concatenate([cut.faces, np.array([[0, 1, 2], [0, 2, 3]], np.int32) + count])
    owner = standing(room)[0].object_id
    cut.face_object = np.concatenate([cut.face_object, np.array([owner, owner], np.int32)])
    assert free_floor_share(cut) < 0.75 * share


def test_statistics_count_what_is_there() -> None:
    rooms = some_rooms('val', 15)
    statistics = room_statistics(rooms[:6])
    assert statistics.rooms == 6
    assert len(statistics.objects) == len(statistics.clutter) == len(statistics.free_floor) == 6
    things = [thing for room in rooms[:6] for thing in room.objects if thing.variant not in ('wall', 'floor', 'ceiling')]
    assert sum(statistics.objects) + sum(statistics.clutter) == len(things)
    assert statistics.classes.total() == sum(statistics.objects)
    assert 'clutter' not in statistics.classes
    chairs = [thing for thing in things if class_of(thing) == 'chair']
    assert statistics.classes['chair'] == len(chairs) == len(statistics.heights['chair'])
    assert statistics.colors['chair'].total() == len(chairs)
    assert min(statistics.free_floor) >= 0.25
