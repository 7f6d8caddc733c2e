"""Sentences of regions."""

import pytest
import torch

from uniseg3d.priors.text_bridge import (
    AdjectiveSentence,
    NounSwapSentence,
    describe_pixels,
    known_nouns,
    nearest_map,
    sentence_builder,
)
from uniseg3d.utils.errors import DataError


def test_adjectives_stand_before_the_experts_own_class():
    build = AdjectiveSentence(frozenset(['wooden', 'red']).__contains__)
    assert build('a wooden bench, red', 'table') == 'a wooden and red table in a scene'
    assert build('', 'table') == build('the bench', 'table') == 'a table in a scene'


@pytest.mark.parametrize(
    ('caption', 'name', 'said'),
    [
        ('a wooden bench', 'table', 'a wooden table'),
        ('the wall is white', 'wall', 'the wall is white'),
        ('a black office chair on wheels', 'sofa', 'a black sofa on wheels'),
        ('something strange', 'lamp', 'a lamp in a scene'),
        ('', 'lamp', 'a lamp in a scene'),
    ],
)
def test_a_noun_is_exchanged(caption, name, said):
    assert NounSwapSentence({'bench', 'wall', 'office', 'chair'}.__contains__)(caption, name) == said


def test_nouns_come_from_the_class_lists():
    noun = known_nouns()
    assert noun('chair') and noun('refrigerator') and not noun('white') and not noun('xyzzy')
    assert sentence_builder('noun-swap')('a white chair', 'sofa') == 'a white sofa'


def test_pixels_share_sentences():
    classes = torch.tensor([[0, 0, 1, 1]])
    regions = torch.tensor([[0, 1]])  # half as wide
    said, pixels = describe_pixels(classes, regions, ['', 'a red one'], ['chair', 'table'], AdjectiveSentence())
    assert said == ['a chair in a scene', 'a red table in a scene'] and pixels.tolist() == [[0, 0, 1, 1]]


def test_maps_that_name_what_is_not_there():
    with pytest.raises(DataError, match=r'region 0\.\.2; expected 0\.\.1'):
        describe_pixels(torch.zeros(1, 2), torch.tensor([[0, 2]]), ['', 'x'], ['chair'], AdjectiveSentence())
    with pytest.raises(DataError, match='not known'):
        sentence_builder('poem')


def test_resizing_takes_the_pixel_before():
    assert nearest_map(torch.arange(5)[None], (2, 3)).tolist() == [[0, 1, 3]] * 2
