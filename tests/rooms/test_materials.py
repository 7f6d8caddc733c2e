"""Colour words are true, textures keep them true, and every word is drawn."""

from collections import Counter

import numpy as np
import pytest

from uniseg3d.rooms.materials import SHADES, SLOTS, WEIGHTS, Paint, draw_color, draw_material


def nearest_word(rgb: tuple[float, float, float]) -> str:
    def distance(word: str) -> float:
        # hue matters more than brightness
        shades = np.array(SHADES[word], float)
        difference = shades - rgb
        grey = difference.mean(1, keepdims=True)
        return float((np.linalg.norm(difference - grey, axis=1) ** 2 * 2 + grey[:, 0] ** 2).min())

    return min(SHADES, key=distance)


def test_colours_are_what_their_words_say() -> None:
    rng = np.random.default_rng(0)
    drawn = [draw_color(rng) for _ in range(800)]
    agree = np.mean([nearest_word(rgb) == name for name, rgb in drawn])
    assert agree > 0.95


def test_every_word_is_drawn_about_as_often_as_weighted() -> None:
    rng = np.random.default_rng(1)
    counts = Counter(draw_color(rng)[0] for _ in range(4000))
    assert set(counts) == set(SHADES) == set(WEIGHTS)
    for word, weight in WEIGHTS.items():
        assert counts[word] / 4000 == pytest.approx(weight, abs=0.03)


def test_a_restricted_draw_stays_within_its_words() -> None:
    rng = np.random.default_rng(2)
    assert {draw_material(rng, ('white', 'beige'))[0] for _ in range(50)} == {'white', 'beige'}


def test_textures_vary_and_their_second_colour_is_a_shade_of_the_first() -> None:
    rng = np.random.default_rng(3)
    materials = [draw_material(rng)[1] for _ in range(600)]
    assert {material.texture for material in materials} == {'plain', 'wood', 'stripes', 'checks', 'speckle'}
    for material in materials:
        first, second = np.array(material.rgb), np.array(material.second_rgb)
        assert ((first >= 0) & (first <= 255) & (second >= 0) & (second <= 255)).all()
        if material.texture == 'plain':
            np.testing.assert_allclose(second, first)
        elif first.max() < 190:  # brighter ones are cut off at 250
            cosine = first @ second / np.linalg.norm(first) / np.linalg.norm(second)
            assert cosine > 0.97


def test_paint_draws_each_slot_once() -> None:
    paint = Paint(np.random.default_rng(4))
    assert paint['frame'] is paint['frame']
    assert paint['second:1'] is not paint['second:2']
    for slot in SLOTS:
        name, material = paint[slot]
        assert name in SHADES
        assert material.scale > 0
