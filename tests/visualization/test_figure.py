"""Panels, texts and legends end up in one picture and on disk."""

import numpy as np
import pytest
from PIL import Image

from uniseg3d.utils.errors import ConfigError, DataError
from uniseg3d.visualization.figure import (
    GAP,
    INK,
    Panel,
    check_picture_path,
    compose,
    contact_sheet,
    draw_clicks,
    draw_outline,
    save_picture,
    side_by_side,
)


def plain(value, height=60, width=200):
    return np.full((height, width, 3), value, dtype=np.uint8)


def test_a_contact_sheet_keeps_reading_order_and_leaves_the_rest_white():
    sheet = contact_sheet([plain(10), plain(20), plain(30)], columns=2)
    assert sheet.shape == (2 * 60 + 3 * GAP, 2 * 200 + 3 * GAP, 3)
    assert [sheet[GAP, GAP, 0], sheet[GAP, 2 * GAP + 200, 0], sheet[2 * GAP + 60, GAP, 0]] == [10, 20, 30]
    assert (sheet[2 * GAP + 60 :, 2 * GAP + 200 :] == 255).all()


def test_a_figure_holds_pictures_titles_captions_and_legend():
    panels = [Panel('one', plain(50)), Panel('two', plain(90), 'a caption that is far too long for a single line of it')]
    bare = compose(panels[:1], columns=1)
    full = compose(panels, columns=2, heading='scene', legend=[('wall', (10, 200, 30)), ('floor', (200, 10, 30))])
    assert full.shape[0] > bare.shape[0] and full.shape[1] == 2 * 200 + 3 * GAP
    for value in (50, 90):
        assert (full == value).all(-1).sum() >= 60 * 200
    for color in ((10, 200, 30), (200, 10, 30)):
        assert (full == color).all(-1).sum() > 100


def test_the_legend_wraps_instead_of_leaving_the_picture():
    entries = [(f'class number {i}', (i, 100, 100)) for i in range(9)]
    figure = compose([Panel('t', plain(0))], columns=1, legend=entries)
    assert figure.shape[1] == 200 + 2 * GAP
    assert all((figure == color).all(-1).any() for _, color in entries)


def test_no_pictures_are_an_error_of_one_sentence():
    for draw in (contact_sheet, compose):
        with pytest.raises(DataError, match='nothing to draw'):
            draw([], 2)


def test_two_pictures_become_one():
    pair = side_by_side(plain(10), plain(20, width=30))
    assert pair.shape == (60, 200 + GAP + 30, 3)
    assert pair[0, [0, 199, 200, 200 + GAP], 0].tolist() == [10, 10, 255, 20]


def test_clicks_are_marked_by_sign():
    marked = draw_clicks(plain(128, 100, 100), np.array([[30.0, 50.0], [70.0, 50.0]]), np.array([True, False]))
    yes, no = marked[50, 25].astype(int), marked[50, 65].astype(int)
    assert yes[1] > yes[0] + 50 and no.max() < 60
    assert (marked[:10] == 128).all()


def test_panels_without_titles_leave_no_room_for_them():
    bare, titled = (compose([Panel(title, plain(50))], columns=1) for title in ('', 'one'))
    assert bare.shape[0] == 60 + 2 * GAP < titled.shape[0]


def test_an_outline_surrounds_a_region_and_leaves_it_free():
    region = np.zeros((60, 60), dtype=bool)
    region[20:40, 20:40] = True
    region[30, 30] = False  # a speck
    image = draw_outline(plain(128, 60, 60), region)
    dark = (image == INK).all(-1)
    assert dark[30, 18:20].all() and dark[41, 30] and not dark[20:40, 20:40].any() and not dark[30, 16]
    assert (image[30, 17] == 255).all() and (image[:10] == 128).all()
    np.testing.assert_array_equal(draw_outline(plain(128, 60, 60), region & False), plain(128, 60, 60))


def test_a_suffix_without_a_format_is_refused(tmp_path):
    check_picture_path('a/picture.PNG')
    for name in ('picture.foo', 'picture'):
        with pytest.raises(ConfigError, match=r'the suffix must be one of .png, .jpg, .jpeg'):
            save_picture(tmp_path / name, plain(0))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('name', ['größe 1.png', 'photo.jpg'])
def test_pictures_survive_the_disk(tmp_path, name):
    path = save_picture(tmp_path / 'new folder' / name, plain(77))
    assert np.abs(np.asarray(Image.open(path)).astype(int) - 77).max() <= 1
    assert [p.name for p in path.parent.iterdir()] == [name]
