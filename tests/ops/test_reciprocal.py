"""Reciprocal nearest neighbours against brute force."""

import pytest
import torch
import torch.nn.functional as F

from uniseg3d.ops.reciprocal import nearest, reciprocal_matches


def descriptors(height, width, seed=0, features=6):
    generator = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(height, width, features, generator=generator), dim=-1)


@pytest.mark.parametrize('block', [1, 7, 1000])
def test_nearest_is_that_of_the_whole_table(block):
    queries, table = (descriptors(9, 5, seed).flatten(0, 1) for seed in (1, 2))
    assert torch.equal(nearest(queries, table, block), (queries @ table.T).argmax(1))


def test_no_queries():
    assert nearest(torch.zeros(0, 6), torch.ones(3, 6)).shape == (0,)


def test_what_is_found_is_reciprocal_and_unique():
    first, second = descriptors(24, 32, 1), descriptors(20, 40, 2)
    rows = reciprocal_matches(first, second, step=4)
    product = first.flatten(0, 1) @ second.flatten(0, 1).T
    assert torch.equal(product.argmax(1)[rows[0]], rows[1]) and torch.equal(product.argmax(0)[rows[1]], rows[0])
    assert (rows[0].diff() > 0).all(), 'sorted, and no pixel twice'
    assert len(rows[0]) > 5


def test_a_step_of_one_misses_nothing_that_starts_there():
    first, second = descriptors(12, 10, 3), descriptors(12, 10, 4)
    product = first.flatten(0, 1) @ second.flatten(0, 1).T
    there = product.argmax(1)
    mutual = (product.argmax(0)[there] == torch.arange(120)).nonzero()[:, 0]
    assert torch.equal(reciprocal_matches(first, second, step=1)[0], mutual)


def test_a_shifted_image_is_found():
    scene = descriptors(24, 40, 5, features=24)
    first, second = reciprocal_matches(scene[:, :32], scene[:, 8:])
    same = (first // 32 == second // 32) & (first % 32 == second % 32 + 8)
    overlap = first % 32 >= 8
    assert overlap.sum() >= 9 and same[overlap].all()


@pytest.mark.parametrize('size', [(1, 1), (3, 2), (1, 9)])
def test_small_images(size):
    same = descriptors(*size)
    first, second = reciprocal_matches(same, same)
    assert torch.equal(first, second) and len(first) >= 1


def test_one_round_finds_less_than_ten():
    first, second = descriptors(32, 32, 1), descriptors(32, 32, 2)
    one, ten = (len(reciprocal_matches(first, second, step=4, rounds=n)[0]) for n in (1, 10))
    assert one < ten
