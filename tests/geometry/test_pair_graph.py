"""Which images are paired."""

import pytest

from uniseg3d.geometry.pair_graph import image_pairs
from uniseg3d.utils.errors import ConfigError


def unordered(count, graph, **options):
    return {tuple(sorted(pair)) for pair in image_pairs(count, graph, **options)}


def test_complete():
    assert image_pairs(3, both_ways=False) == [(1, 0), (2, 0), (2, 1)]
    assert image_pairs(3) == [(1, 0), (2, 0), (2, 1), (0, 1), (0, 2), (1, 2)]


@pytest.mark.parametrize(
    ('graph', 'expected'),
    [
        ('swin-1', {(0, 1), (1, 2), (2, 3), (3, 4), (0, 4)}),
        ('swin-1-noncyclic', {(0, 1), (1, 2), (2, 3), (3, 4)}),
        ('swin-2-noncyclic', {(0, 1), (1, 2), (2, 3), (3, 4), (0, 2), (1, 3), (2, 4)}),
        ('logwin-2-noncyclic', {(0, 1), (1, 2), (2, 3), (3, 4), (0, 2), (1, 3), (2, 4)}),
        ('logwin-1', {(0, 1), (1, 2), (2, 3), (3, 4), (0, 4)}),
        ('oneref', {(0, 1), (0, 2), (0, 3), (0, 4)}),
        ('oneref-3', {(0, 3), (1, 3), (2, 3), (3, 4)}),
    ],
)
def test_graphs(graph, expected):
    assert unordered(5, graph) == expected
    one_way = image_pairs(5, graph, both_ways=False)
    assert len(one_way) == len(expected) and all(i != j for i, j in one_way)
    assert image_pairs(5, graph) == one_way + [(j, i) for i, j in one_way]


def test_windows_reach_three_unless_told_otherwise():
    assert unordered(9, 'swin') == unordered(9, 'swin-3')
    assert (0, 4) in unordered(9, 'logwin-3-noncyclic') and (0, 3) not in unordered(9, 'logwin-3-noncyclic')


def test_wide_windows_of_few_images_pair_nothing_with_itself():
    assert unordered(3, 'swin-7') == unordered(3, 'logwin-999999') == unordered(3, 'complete')


def test_reach():
    assert unordered(5, 'complete', reach=1) == unordered(5, 'swin-1-noncyclic')
    assert unordered(5, 'complete', reach=1, ring=True) == unordered(5, 'swin-1')


@pytest.mark.parametrize(
    'graph', ['ring', 'swin-', 'swin-x', 'complete-noncyclic', 'oneref-', 'swin-3 ', '', 'retrieval-20-10']
)
def test_unknown_graphs(graph):
    with pytest.raises(ConfigError, match='expected complete, swin-W'):
        image_pairs(5, graph)


def test_what_makes_no_graph():
    with pytest.raises(ConfigError, match='1 image makes no pair'):
        image_pairs(1)
    with pytest.raises(ConfigError, match='none of 5'):
        image_pairs(5, 'oneref-5')
    with pytest.raises(ConfigError, match=r'images \[0, 1\] occur in no pair'):
        image_pairs(6, 'oneref-4', reach=2)
