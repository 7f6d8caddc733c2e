"""Colours that people change, and what they mean."""

import numpy as np

from uniseg3d.demo.layer import MOST_NAMED, Entry, heat_layer, label_layer, rgb_layer, segment_layer, share_layer

BASE = np.full((6, 3), 200, np.uint8)
VALUES = np.array([0, 0, 1, 1, 1, -1])


def test_recolouring_changes_what_is_only_told_apart_and_its_legend_with_it():
    layer = segment_layer(BASE, VALUES, ['a', 'b'])
    other = layer.recolored(1)
    assert layer.recolored(0) is layer and not np.array_equal(other.colors[:5], layer.colors[:5])
    assert np.array_equal(other.colors[5], layer.colors[5])  # what is in no segment stays
    for entry in other.legend:
        assert (other.colors[entry.value == VALUES] == entry.color).all()
    assert len({entry.color for entry in other.legend}) == 2


def test_colours_of_classes_mean_something_and_stay():
    palette = np.array([[9, 9, 9], [5, 5, 5]], np.uint8)
    assert label_layer(VALUES, ['wall', 'floor'], palette).recolored(3).legend[0].color == (5, 5, 5)
    half = label_layer(VALUES, ['wall', 'chair'], palette, free=1).recolored(3)
    assert (half.colors[:2] == 9).all() and not (half.colors[2:5] == 5).all()


def test_labels_lie_over_the_scan_as_thick_as_one_likes():
    layer = segment_layer(BASE, VALUES, ['a', 'b'])
    assert np.array_equal(layer.blended(BASE, 0.0), BASE) and layer.blended(BASE, 1.0) is layer.colors
    middle = layer.blended(BASE, 0.5).astype(int)
    assert np.abs(middle - (BASE.astype(int) + layer.colors) / 2).max() <= 0.5


def test_names_stand_on_a_point_of_what_they_name_that_is_seen():
    xyz = np.array([[0, 0, 0], [1, 0, 0], [5, 0, 0], [6, 0, 0], [7, 0, 0], [9, 0, 0.0]])
    layer = segment_layer(BASE, VALUES, ['a', 'b'])
    assert {title: place[0] for title, place in layer.tags(xyz)} == {'a': 0, 'b': 6}
    seen = np.array([False, False, False, True, True, True])
    assert [title for title, _ in layer.tags(xyz, seen)] == ['b']


def test_long_legends_are_counted_and_name_the_most_frequent_first():
    values = np.concatenate([np.arange(40), np.full(5, 7)])
    layer = segment_layer(np.zeros((45, 3)), values, [f'n{i}' for i in range(40)])
    assert layer.legend[0].title == 'n7' and len(layer.legend) == MOST_NAMED + 1
    assert layer.legend[-1] == Entry('and 16 more', (128, 128, 128))
    assert list(rgb_layer(BASE).tags(np.zeros((6, 3)))) == []


def test_no_point_at_all_is_a_layer_too():
    layer = segment_layer(np.zeros((0, 3)), np.zeros(0, int), []).recolored(2)
    assert layer.colors.shape == (0, 3) and layer.legend == ()


def test_heat_is_red_where_a_text_fits_best_and_shares_are_light_where_they_are_high():
    values = np.linspace(0, 1, 101)
    heat = heat_layer(np.repeat(np.arange(101, dtype=np.uint8)[:, None], 3, 1), values, 'a <lamp>')
    assert heat.colors[-1, 0] > heat.colors[-1, 2] and heat.colors[0, 2] > heat.colors[0, 0]
    assert np.abs(heat.colors[-1] - (0.7 * np.array(heat.legend[0].color) + 30)).max() <= 1 and '<lamp>' in heat.legend[0].title
    shares = share_layer(values, [(1.0, 'sure'), (0.0, 'not')])
    assert [entry.color for entry in shares.legend] == [tuple(shares.colors[-1]), tuple(shares.colors[0])]
    assert shares.colors[-1].sum() > shares.colors[0].sum()
