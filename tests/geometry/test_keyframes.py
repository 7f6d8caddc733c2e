"""Choosing keyframes: few, all, alike."""

import numpy as np
import pytest

from uniseg3d.geometry.keyframes import chain_order, choose_keyframes, most_different
from uniseg3d.utils.errors import ConfigError


def along_a_line(places: list[float]) -> np.ndarray:
    return 1 / (1 + np.abs(np.subtract.outer(places, places)))


def test_far_places_are_taken_first():
    similarity = along_a_line([0, 1, 2, 10, 5])
    assert most_different(similarity, 3) == [0, 3, 4]
    assert most_different(similarity, 2, first=4) == [4, 0]  # 0 and 10 are as far: the first of them


def test_each_next_keyframe_resembles_one_before():
    similarity = along_a_line([0, 9, 3.5, 6])
    assert chain_order(similarity, [0, 1, 2, 3]) == [3, 2, 1, 0]
    assert chain_order(similarity, []) == []


@pytest.mark.parametrize('images', [1, 2, 6])
def test_all_images_may_be_keyframes_even_if_they_are_alike(images):
    assert sorted(choose_keyframes(np.ones((images, images)), images)) == list(range(images))


def test_similarity_stays_as_it_is():
    similarity = along_a_line([0, 1, 2])
    before = similarity.copy()
    choose_keyframes(similarity, 3)
    assert np.array_equal(similarity, before)


@pytest.mark.parametrize('count', [0, 4])
def test_more_keyframes_than_images_are_refused(count):
    with pytest.raises(ConfigError, match=f'{count} keyframes of 3 images; expected 1 to 3'):
        choose_keyframes(np.ones((3, 3)), count)
