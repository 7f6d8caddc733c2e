"""Skill at classes."""

import pytest
import torch

from uniseg3d.priors.capability import capability_vector, class_capability, foreground
from uniseg3d.utils.errors import DataError

SQUARE = torch.zeros(2, 4, 4, dtype=torch.bool)
SQUARE[0, :2, :2] = SQUARE[1, 1, 1] = True


def test_two_ways_to_average():
    found = SQUARE.clone()
    found[1] = False  # misses the small one
    skill = class_capability(found, SQUARE)
    assert skill.pooled == pytest.approx(4 / 5) and skill.per_image == pytest.approx(0.5)
    assert skill.value(per_image=True) == skill.per_image and skill.value(per_image=False) == skill.pooled


def test_a_class_that_nobody_finds():
    empty = torch.zeros_like(SQUARE)
    assert class_capability(empty, SQUARE).pooled == 0 and class_capability(empty, empty).pooled == 0


def test_masks_that_do_not_fit():
    for first, second in ((SQUARE, SQUARE[:1]), (SQUARE[:0], SQUARE[:0]), (SQUARE[0], SQUARE[0])):
        with pytest.raises(DataError, match='expected two equal'):
            class_capability(first, second)


def test_what_was_not_measured_is_zero():
    assert capability_vector({'b': 0.5}, ['a', 'b', 'other']).tolist() == [0, 0.5, 0]
    with pytest.raises(DataError, match='piano'):
        capability_vector({'piano': 1.0}, ['a'])


def test_masks_after_jpeg():
    values = torch.tensor([0, 120, 200, 255])
    assert foreground(values).tolist() == [False, False, True, True]
    assert foreground(values, exact_white=True).tolist() == [False, False, False, True]
