"""Nouns: what fits for certain, what might, and what does not."""

import numpy as np
import pytest

from uniseg3d.rooms.furniture import VARIANTS
from uniseg3d.rooms.scene import RoomObject
from uniseg3d.rooms.vocabulary import CLASS_NOUNS, CONFUSED, VARIANT_NOUNS, Names, fine_name, kind_of, names_of
from uniseg3d.text.class_lists import class_list

SHAPES = [variant for group in VARIANTS.values() for variant in group]


def thing(raw: str | None, variant: str = 'plain') -> RoomObject:
    return RoomObject(0, raw, variant, None, None, 0.0, np.zeros((2, 3), np.float32))


def names(raw: str | None, variant: str = 'plain') -> Names:
    return names_of(thing(raw, variant))


@pytest.mark.parametrize(('raw', 'kind'), [
    ('office chair', 'chair'), ('couch', 'sofa'), ('mini fridge', 'refrigerator'), ('trash can', 'otherfurniture'),
    ('floor', 'floor'), ('pillow', None), ('no such thing', None), (None, None),
])  # fmt: skip
def test_classes_come_from_the_label_map(raw: str | None, kind: str | None) -> None:
    assert kind_of(raw) == kind


@pytest.mark.parametrize(('raw', 'variant', 'word', 'expected'), [
    ('office chair', 'office chair', 'chair', 'sure'),
    ('chair', 'office chair', 'office chair', 'sure'),
    ('chair', 'four-leg chair', 'office chair', 'no'),
    ('armchair', 'armchair', 'couch', 'possible'),
    ('couch', 'padded sofa', 'couch', 'sure'),
    ('desk', 'frame desk', 'table', 'possible'),
    ('shower curtain', 'drawn shower curtain', 'curtain', 'possible'),
    ('doorframe', 'doorframe', 'door', 'possible'),
    ('doorframe', 'doorframe', 'doorway', 'sure'),
    ('kitchen cabinets', 'kitchen base', 'kitchen cabinet', 'sure'),
    ('cabinet', 'vanity', 'bathroom vanity', 'no'),
    ('recycling bin', 'bin', 'trash can', 'possible'),
    (None, 'floor lamp', 'lamp', 'possible'),
    ('lamp', 'floor lamp', 'lamp', 'sure'),
    ('bed', 'slatted bed', 'table', 'no'),
])  # fmt: skip
def test_how_well_a_word_fits(raw: str | None, variant: str, word: str, expected: str) -> None:
    found = names(raw, variant)
    verdict = 'sure' if word in found.sure else 'possible' if word in found.possible else 'no'
    assert verdict == expected


def test_tables_name_real_classes_shapes_and_words() -> None:
    things = class_list('scannet20').thing_names
    assert set(CLASS_NOUNS) == set(things)
    assert set(VARIANT_NOUNS) <= {shape.name for shape in SHAPES}
    raws = {raw for shape in SHAPES for raw in shape.raw_categories if raw}
    everybody = {shape.name for shape in SHAPES} | raws | set(things)
    assert {other for others in CONFUSED.values() for other in others} <= everybody
    said = {word for shape in SHAPES for raw in shape.raw_categories if raw for word in names(raw, shape.name).sure}
    assert set(CONFUSED) <= said


def test_what_is_sure_is_possible() -> None:
    for shape in SHAPES:
        for raw in shape.raw_categories:
            found = names(raw, shape.name)
            assert found.sure <= found.possible
            assert raw is not None or not found.sure


@pytest.mark.parametrize(('raw', 'variant', 'expected'), [
    ('coffee table', 'low oval table', 'oval table'),
    ('table', 'low oval table', 'oval table'),
    ('sofa', 'padded sofa', 'sofa'),
    ('bathtub', 'claw-foot bathtub', 'four leg bathtub'),
    ('floor', 'floor', None),
    ('no such thing', 'crate', None),
    (None, 'crate', None),
])  # fmt: skip
def test_a_fine_name_says_the_shape(raw: str | None, variant: str, expected: str | None) -> None:
    assert fine_name(thing(raw, variant)) == expected


def test_things_of_one_shape_have_one_fine_name_that_fits_them() -> None:
    for shape in SHAPES:
        called = {fine_name(thing(raw, shape.name)): raw for raw in shape.raw_categories} | {None: None}
        assert len(called) <= 2
        for name, raw in called.items():
            assert name is None or name in names(raw, shape.name).possible
