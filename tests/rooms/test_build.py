"""Whole rooms: repeatable, within budget, varied, and showing every class."""

import time
from collections import Counter

import numpy as np
import pytest
from built_rooms import some_rooms

from uniseg3d.rooms.build import build_room, scene_index
from uniseg3d.rooms.furniture import VARIANTS
from uniseg3d.rooms.scene import Room
from uniseg3d.rooms.statistics import class_of

CLASSES = set(VARIANTS) - {'clutter'}


def everything() -> list[Room]:
    return [*some_rooms('train'), *some_rooms('val')]


def test_the_same_seed_gives_the_same_room() -> None:
    first, second = build_room('room0007_00', 3, 'train'), build_room('room0007_00', 3, 'train')
    for name in ('vertices', 'faces', 'face_object', 'face_material', 'face_frame', 'frames'):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert first.materials == second.materials
    assert [(o.variant, o.raw_category, o.color_name) for o in first.objects] == [
        (o.variant, o.raw_category, o.color_name) for o in second.objects
    ]


@pytest.mark.parametrize('other', [('room0007_00', 4, 'train'), ('room0017_00', 3, 'train'), ('room0007_00', 3, 'val')])
def test_any_other_argument_gives_another_room(other: tuple[str, int, str]) -> None:
    first, second = build_room('room0007_00', 3, 'train'), build_room(*other)
    assert first.vertices.shape != second.vertices.shape or not np.allclose(first.vertices, second.vertices)


def test_arrays_are_typed_and_consistent() -> None:
    for room in everything():
        count = len(room.faces)
        assert room.vertices.dtype == np.float32
        assert room.faces.dtype == room.face_object.dtype == room.face_material.dtype == room.face_frame.dtype == np.int32
        assert room.face_object.shape == room.face_material.shape == room.face_frame.shape == (count,)
        assert room.faces.max() < len(room.vertices)
        assert room.face_material.max() < len(room.materials)
        assert room.frames.shape == (len(room.objects), 4, 4)
        assert [thing.object_id for thing in room.objects] == list(range(len(room.objects)))
        assert set(np.unique(room.face_object)) == set(range(len(room.objects)))
        assert np.isfinite(room.vertices).all()


def test_rooms_are_light_and_quick() -> None:
    assert max(len(room.faces) for room in everything()) <= 8000
    start = time.process_time()
    for index in range(6):
        build_room(f'room{index:04d}_00', 9, 'val')
    assert (time.process_time() - start) / 6 < 0.4  # 0.08 s on an idle core


def test_every_class_appears_in_both_splits() -> None:
    for split in ('train', 'val'):
        counts = Counter(class_of(thing) for room in some_rooms(split) for thing in room.objects)
        assert set(counts) >= CLASSES | {'wall', 'floor', 'ceiling', 'clutter'}


def test_training_never_shows_a_held_out_shape() -> None:
    held_out = {variant.name for variants in VARIANTS.values() for variant in variants if 'train' not in variant.splits}
    shown = {split: {thing.variant for room in some_rooms(split) for thing in room.objects} for split in ('train', 'val')}
    assert not shown['train'] & held_out
    assert len(shown['val'] & held_out) > 0.6 * len(held_out)


def test_nobody_sleeps_works_or_sits_where_others_bathe() -> None:
    """What belongs to a bathroom stands behind a wall from beds, sofas and desks; only its own fittings share its floor."""
    bathing = 0
    for room in everything():
        for outline in room.outline:
            low, high = outline.min(0), outline.max(0)
            inside = [o for o in room.objects if (o.box[:, :2].mean(0) > low).all() and (o.box[:, :2].mean(0) < high).all()]
            kinds = {class_of(thing) for thing in inside} | {thing.variant for thing in inside}
            if kinds & {'toilet', 'bathtub', 'showercurtain', 'pedestal sink', 'trough sink', 'vanity'}:
                bathing += 1
                assert not kinds & {'bed', 'sofa', 'desk', 'refrigerator'}, room.name
    assert bathing >= 8


def test_sizes_forms_and_counts_vary() -> None:
    rooms = everything()
    assert {len(room.outline) for room in rooms} == {1, 2}
    assert {len(outline) for room in rooms for outline in room.outline} == {4, 6}
    assert {room.has_ceiling for room in rooms} == {True, False}
    spans = np.array([np.ptp(outline, axis=0) for room in rooms for outline in room.outline])
    assert spans.min() > 2.5
    assert spans.max() < 7
    heights = [room.height for room in rooms]
    assert 2.3 < min(heights) < max(heights) < 3.05
    counts = [sum(class_of(thing) in CLASSES for thing in room.objects) for room in rooms]
    assert 12 <= np.median(counts) <= 20
    assert min(counts) >= 8


def test_most_rooms_have_things_that_can_be_confused() -> None:
    repeated = 0
    for room in everything():
        words: dict[str, list] = {}
        for thing in room.objects:
            words.setdefault(class_of(thing), []).append((thing.color_name, thing.size_name))
        repeated += any(len(set(looks)) > 1 for kind, looks in words.items() if kind in CLASSES - {'picture'})
    assert repeated >= 0.8 * len(everything())


def test_colours_hardly_tell_the_class() -> None:
    colors: dict[str, Counter] = {}
    for room in everything():
        for thing in room.objects:
            colors.setdefault(class_of(thing), Counter())[thing.color_name] += 1
    for kind in ('chair', 'cabinet', 'table', 'otherfurniture', 'picture'):
        assert max(colors[kind].values()) < 0.45 * colors[kind].total()
        assert len(colors[kind]) >= 7


def test_clutter_is_there_and_mostly_without_annotation() -> None:
    for room in everything():
        assert any(class_of(thing) == 'clutter' for thing in room.objects)
    clutter = [thing for room in everything() for thing in room.objects if class_of(thing) == 'clutter']
    assert np.mean([thing.raw_category is None for thing in clutter]) > 0.5
    assert 3 <= len(clutter) / len(everything()) <= 14


def test_ceilings_are_there_when_they_are_said_to_be() -> None:
    for room in everything():
        ceilings = [thing for thing in room.objects if thing.raw_category == 'ceiling']
        assert len(ceilings) == int(room.has_ceiling)
        for ceiling in ceilings:
            assert ceiling.box[:, 2].tolist() == pytest.approx([room.height] * 2)


@pytest.mark.parametrize(('name', 'index'), [('room0000_00', 0), ('room0123_00', 123), ('kitchen', 0)])
def test_scene_names_carry_their_number(name: str, index: int) -> None:
    assert scene_index(name) == index
